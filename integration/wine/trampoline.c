/*
 * Stands for a program of Windows: asks a service that answers for it, see service-main.ts of the fake Windows. Where there is
 * none, it runs the command that is in the file beside it, NAME.command in place of NAME.exe, with its own arguments, as they
 * were written, behind that. It ends with the exit code of either. The file is one line of UTF-8.
 *
 * It is no console program, since Wine starts another process for each of those.
 *
 * x86_64-w64-mingw32-gcc -municode -Wl,--subsystem,windows -O1 -s -o schtasks.exe trampoline.c
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <wchar.h>

#define CANNOT_START 126
#define LONGEST 32767
#define SERVICE L"\\\\.\\pipe\\hsvc-fake-windows"
#define PATIENCE_MS 60000

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

static int read_whole(HANDLE from, char *bytes, DWORD size) {
  DWORD count = 0;
  for (; size > 0; bytes += count, size -= count) {
    if (!ReadFile(from, bytes, size, &count, NULL) || count == 0) return 0;
  }
  return 1;
}

static HANDLE find_service(void) {
  for (;;) {
    HANDLE pipe = CreateFileW(SERVICE, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY) return pipe;
    WaitNamedPipeW(SERVICE, PATIENCE_MS);
  }
}

/* What is behind the last backslash, without its end. */
static int copy_name(wchar_t *name) {
  static wchar_t path[LONGEST + 1];
  wchar_t *start, *ending;
  GetModuleFileNameW(NULL, path, LONGEST);
  start = wcsrchr(path, L'\\');
  ending = wcsrchr(path, L'.');
  if (!start || !ending || ending < start) return 0;
  *ending = 0;
  wcscpy(name, start + 1);
  return (int)(ending - start) - 1;
}

/* Asks the service; 0 where there is none. Numbers are four bytes, the lowest first. */
static int ask(const wchar_t *tail, DWORD *code) {
  static wchar_t question[LONGEST * 2];
  static char bytes[sizeof(DWORD) + LONGEST * 4];
  static const DWORD streams[] = {STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
  DWORD answer[3], count, size;
  HANDLE pipe = find_service();
  int index;
  if (pipe == INVALID_HANDLE_VALUE) return 0;
  wcscpy(question + copy_name(question), tail);
  size = (DWORD)WideCharToMultiByte(CP_UTF8, 0, question, -1, bytes + sizeof size, LONGEST * 4, NULL, NULL) - 1;
  memcpy(bytes, &size, sizeof size);
  *code = CANNOT_START;
  if (!WriteFile(pipe, bytes, sizeof size + size, &count, NULL)) return 1;
  if (!read_whole(pipe, (char *)answer, sizeof answer)) return 1;
  for (index = 0; index < 2; index++) {
    char *text = HeapAlloc(GetProcessHeap(), 0, answer[index + 1] + 1);
    if (!read_whole(pipe, text, answer[index + 1])) return 1;
    WriteFile(GetStdHandle(streams[index]), text, answer[index + 1], &count, NULL);
  }
  *code = answer[0];
  return 1;
}

int wmain(void) {
  /* Who has no console hands nothing on by itself. */
  STARTUPINFOW startup = {
      .cb = sizeof startup,
      .dwFlags = STARTF_USESTDHANDLES,
      .hStdInput = GetStdHandle(STD_INPUT_HANDLE),
      .hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE),
      .hStdError = GetStdHandle(STD_ERROR_HANDLE),
  };
  PROCESS_INFORMATION process;
  DWORD code = CANNOT_START;
  const wchar_t *tail = skip_program(GetCommandLineW());
  int count;
  if (ask(tail, &code)) return (int)code;
  count = read_command();
  if (count == 0 || count + wcslen(tail) > LONGEST) return CANNOT_START;
  wcscpy(line + count, tail);
  if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED | CREATE_NO_WINDOW, NULL, NULL, &startup, &process)) {
    return CANNOT_START;
  }
  AssignProcessToJobObject(create_job(), process.hProcess);
  ResumeThread(process.hThread);
  WaitForSingleObject(process.hProcess, INFINITE);
  GetExitCodeProcess(process.hProcess, &code);
  return (int)code;
}
