/*
 * Stands for a program of Windows: runs the command that is in the file beside it, NAME.command in place of NAME.exe, with
 * its own arguments, as they were written, behind that, and ends with its exit code. The file is one line of UTF-8.
 *
 * x86_64-w64-mingw32-gcc -municode -O1 -s -o schtasks.exe trampoline.c
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <wchar.h>

#define CANNOT_START 126
#define LONGEST 32767

static wchar_t line[LONGEST + 1];

/* What follows the program of a command line; for that, backslashes mean nothing. */
static const wchar_t *skip_program(const wchar_t *at) {
  int quoted = 0;
  while (*at && (quoted || (*at != L' ' && *at != L'\t'))) {
    if (*at == L'"') quoted = !quoted;
    at++;
  }
  return at;
}

static int read_command(void) {
  static wchar_t path[LONGEST + 1];
  static char bytes[LONGEST];
  DWORD length = 0;
  wchar_t *ending;
  HANDLE file;
  int count;
  GetModuleFileNameW(NULL, path, LONGEST - 8);
  ending = wcsrchr(path, L'.');
  if (!ending) return 0;
  wcscpy(ending, L".command");
  file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
  if (file == INVALID_HANDLE_VALUE) return 0;
  ReadFile(file, bytes, sizeof bytes, &length, NULL);
  CloseHandle(file);
  while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r')) length--;
  count = MultiByteToWideChar(CP_UTF8, 0, bytes, (int)length, line, LONGEST);
  line[count] = 0;
  return count;
}

/* Who ends this process ends the command too, but not what the command starts. */
static HANDLE create_job(void) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  HANDLE job = CreateJobObjectW(NULL, NULL);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
  SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
  return job;
}

int wmain(void) {
  STARTUPINFOW startup = {.cb = sizeof startup};
  PROCESS_INFORMATION process;
  DWORD code = CANNOT_START;
  const wchar_t *tail = skip_program(GetCommandLineW());
  int count = read_command();
  if (count == 0 || count + wcslen(tail) > LONGEST) return CANNOT_START;
  wcscpy(line + count, tail);
  if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup, &process)) {
    return CANNOT_START;
  }
  AssignProcessToJobObject(create_job(), process.hProcess);
  ResumeThread(process.hThread);
  WaitForSingleObject(process.hProcess, INFINITE);
  GetExitCodeProcess(process.hProcess, &code);
  return (int)code;
}
