import type {CodePage} from './code-page.js'
import {FAILURE, type Failure} from './results.js'
import type {Language} from './settings.js'

/** What schtasks says, `%1` being the name of the task. Windows' own words, where they are known. */
export interface Messages {
  readonly codePage: CodePage
  readonly error: string
  readonly success: string
  readonly failures: Readonly<Record<Failure, string>>
  readonly created: string
  readonly deleted: string
  readonly attempted: string
  readonly ended: string
  readonly changed: string
  readonly asksToReplace: string
  readonly asksToDelete: string
  readonly asksForPassword: string
  readonly noTasks: string
  readonly ready: string
  readonly running: string
  readonly disabled: string
  readonly never: string
  /** The columns of /Query /V up to the last result. The others have the label of `column` and their number. */
  readonly labels: readonly string[]
  readonly column: string
}

const ENGLISH: Messages = {
  codePage: 437,
  error: 'ERROR',
  success: 'SUCCESS',
  failures: {
    [FAILURE.fileNotFound]: 'The system cannot find the file specified.',
    [FAILURE.accessDenied]: 'Access is denied.',
    [FAILURE.invalidOption]: 'Invalid argument/option',
    [FAILURE.invalidName]: 'The filename, directory name, or volume label syntax is incorrect.',
    [FAILURE.alreadyExists]: 'Cannot create a file when that file already exists.',
    [FAILURE.accountUnknown]: 'No mapping between account names and security IDs was done.',
    [FAILURE.unspecified]: 'Unspecified error',
    [FAILURE.serviceNotRunning]: 'The service is not running',
    [FAILURE.notRunning]: 'There is no running instance of the task.',
    [FAILURE.unexpectedNode]: 'The task XML contains an unexpected node.',
    [FAILURE.wrongNamespace]: 'The task XML contains an element or attribute from an unexpected namespace.',
    [FAILURE.invalidValue]: 'The task XML contains a value which is incorrectly formatted or out of range.',
    [FAILURE.missingNode]: 'The task XML is missing a required element or attribute.',
    [FAILURE.malformedXml]: 'The task XML is malformed.',
    [FAILURE.disabled]: 'The task is disabled.',
  },
  created: 'The scheduled task "%1" has successfully been created.',
  deleted: 'The scheduled task "%1" was successfully deleted.',
  attempted: 'Attempted to run the scheduled task "%1".',
  ended: 'The scheduled task "%1" has been terminated successfully.',
  changed: 'The parameters of scheduled task "%1" have been changed.',
  asksToReplace: 'WARNING: The task name "%1" already exists. Do you want to replace it (Y/N)? ',
  asksToDelete: 'WARNING: Are you sure you want to remove the task "%1" (Y/N)? ',
  asksForPassword: 'Please enter the run as password for %1: ',
  noTasks: 'INFO: There are no scheduled tasks presently available at your access level.',
  ready: 'Ready',
  running: 'Running',
  disabled: 'Disabled',
  never: 'N/A',
  labels: ['HostName', 'TaskName', 'Next Run Time', 'Status', 'Logon Mode', 'Last Run Time', 'Last Result'],
  column: 'Column',
}

const GERMAN: Messages = {
  codePage: 850,
  error: 'FEHLER',
  success: 'ERFOLGREICH',
  failures: {
    [FAILURE.fileNotFound]: 'Das System kann die angegebene Datei nicht finden.',
    [FAILURE.accessDenied]: 'Zugriff verweigert',
    [FAILURE.invalidOption]: 'Ungültiges Argument bzw. ungültige Option',
    [FAILURE.invalidName]:
      'Die Syntax für den Dateinamen, Verzeichnisnamen oder die Datenträgerbezeichnung ist falsch.',
    [FAILURE.alreadyExists]: 'Eine Datei kann nicht erstellt werden, wenn sie bereits vorhanden ist.',
    [FAILURE.accountUnknown]: 'Zuordnungen von Kontennamen und Sicherheitskennungen wurden nicht durchgeführt.',
    [FAILURE.unspecified]: 'Unbekannter Fehler',
    [FAILURE.serviceNotRunning]: 'Der Dienst wurde nicht gestartet',
    [FAILURE.notRunning]: 'Es gibt keine ausgeführte Instanz der Aufgabe.',
    [FAILURE.unexpectedNode]: 'Der Aufgaben-XML-Code enthält einen unerwarteten Knoten.',
    [FAILURE.wrongNamespace]: 'Der Aufgaben-XML-Code enthält ein Element aus einem unerwarteten Namespace.',
    [FAILURE.invalidValue]: 'Der Aufgaben-XML-Code enthält einen falsch formatierten oder ungültigen Wert.',
    [FAILURE.missingNode]: 'Im Aufgaben-XML-Code fehlt ein erforderliches Element oder Attribut.',
    [FAILURE.malformedXml]: 'Der Aufgaben-XML-Code ist falsch formatiert.',
    [FAILURE.disabled]: 'Die Aufgabe ist deaktiviert.',
  },
  created: 'Die geplante Aufgabe "%1" wurde erfolgreich erstellt.',
  deleted: 'Die geplante Aufgabe "%1" wurde erfolgreich gelöscht.',
  attempted: 'Es wurde versucht, die geplante Aufgabe "%1" auszuführen.',
  ended: 'Die geplante Aufgabe "%1" wurde erfolgreich beendet.',
  changed: 'Die Parameter der geplanten Aufgabe "%1" wurden geändert.',
  asksToReplace: 'WARNUNG: Der Aufgabenname "%1" ist bereits vorhanden. Möchten Sie ihn ersetzen (J/N)? ',
  asksToDelete: 'WARNUNG: Möchten Sie die Aufgabe "%1" wirklich entfernen (J/N)? ',
  asksForPassword: 'Geben Sie das Kennwort für %1 ein: ',
  noTasks: 'INFORMATION: Für Ihre Zugriffsebene sind keine geplanten Aufgaben verfügbar.',
  ready: 'Bereit',
  running: 'Wird ausgeführt',
  disabled: 'Deaktiviert',
  never: 'Nicht zutreffend',
  labels: [
    'Hostname',
    'Aufgabenname',
    'Nächste Laufzeit',
    'Status',
    'Anmeldemodus',
    'Letzte Laufzeit',
    'Letztes Ergebnis',
  ],
  column: 'Spalte',
}

const RUSSIAN: Messages = {
  codePage: 866,
  error: 'ОШИБКА',
  success: 'УСПЕХ',
  failures: {
    [FAILURE.fileNotFound]: 'Не удается найти указанный файл.',
    [FAILURE.accessDenied]: 'Отказано в доступе.',
    [FAILURE.invalidOption]: 'Неверный аргумент или параметр',
    [FAILURE.invalidName]: 'Синтаксическая ошибка в имени файла, имени папки или метке тома.',
    [FAILURE.alreadyExists]: 'Невозможно создать файл, так как он уже существует.',
    [FAILURE.accountUnknown]: 'Сопоставление между именами пользователей и кодами безопасности не было произведено.',
    [FAILURE.unspecified]: 'Неопознанная ошибка',
    [FAILURE.serviceNotRunning]: 'Служба не запущена',
    [FAILURE.notRunning]: 'Нет выполняющихся экземпляров задачи.',
    [FAILURE.unexpectedNode]: 'XML-код задачи содержит непредвиденный узел.',
    [FAILURE.wrongNamespace]: 'XML-код задачи содержит элемент из непредвиденного пространства имен.',
    [FAILURE.invalidValue]: 'XML-код задачи содержит значение неверного формата или вне диапазона.',
    [FAILURE.missingNode]: 'В XML-коде задачи отсутствует обязательный элемент или атрибут.',
    [FAILURE.malformedXml]: 'XML-код задачи сформирован неправильно.',
    [FAILURE.disabled]: 'Задача отключена.',
  },
  created: 'Запланированная задача "%1" была успешно создана.',
  deleted: 'Назначенная задача "%1" была успешно удалена.',
  attempted: 'Попытка выполнить "%1".',
  ended: 'Назначенная задача "%1" была успешно завершена.',
  changed: 'Параметры назначенной задачи "%1" были изменены.',
  asksToReplace: 'ПРЕДУПРЕЖДЕНИЕ: Имя задачи "%1" уже существует. Заменить ее (Y/N)? ',
  asksToDelete: 'ПРЕДУПРЕЖДЕНИЕ: Удалить задачу "%1" (Y/N)? ',
  asksForPassword: 'Введите пароль для %1: ',
  noTasks: 'ИНФОРМАЦИЯ: на вашем уровне доступа нет назначенных задач.',
  ready: 'Готово',
  running: 'Выполняется',
  disabled: 'Отключена',
  never: 'Н/Д',
  labels: [
    'Имя узла',
    'Имя задачи',
    'Время следующего запуска',
    'Состояние',
    'Режим входа в систему',
    'Время прошлого запуска',
    'Прошлый результат',
  ],
  column: 'Столбец',
}

const JAPANESE: Messages = {
  codePage: 932,
  error: 'エラー',
  success: '成功',
  failures: {
    [FAILURE.fileNotFound]: '指定されたファイルが見つかりません。',
    [FAILURE.accessDenied]: 'アクセスが拒否されました。',
    [FAILURE.invalidOption]: '無効な引数またはオプションです',
    [FAILURE.invalidName]: 'ファイル名、ディレクトリ名、またはボリューム ラベルの構文が間違っています。',
    [FAILURE.alreadyExists]: '既に存在するファイルを作成することはできません。',
    [FAILURE.accountUnknown]: 'アカウント名とセキュリティ ID の間のマッピングは実行されませんでした。',
    [FAILURE.unspecified]: 'エラーを特定できません',
    [FAILURE.serviceNotRunning]: 'サービスは実行されていません',
    [FAILURE.notRunning]: 'タスクの実行中のインスタンスがありません。',
    [FAILURE.unexpectedNode]: 'タスク XML に予期しないノードが含まれています。',
    [FAILURE.wrongNamespace]: 'タスク XML に予期しない名前空間の要素が含まれています。',
    [FAILURE.invalidValue]: 'タスク XML に書式が正しくない値または範囲外の値が含まれています。',
    [FAILURE.missingNode]: 'タスク XML に必要な要素または属性がありません。',
    [FAILURE.malformedXml]: 'タスク XML の形式が正しくありません。',
    [FAILURE.disabled]: 'タスクは無効です。',
  },
  created: 'スケジュール タスク "%1" は正しく作成されました。',
  deleted: 'スケジュール タスク "%1" は正しく削除されました。',
  attempted: 'スケジュール タスク "%1" の実行が試行されました。',
  ended: 'スケジュール タスク "%1" は正常に終了しました。',
  changed: 'スケジュール タスク "%1" のパラメーターは変更されました。',
  asksToReplace: '警告: タスク名 "%1" は既に存在します。置き換えますか (Y/N)? ',
  asksToDelete: '警告: タスク "%1" を削除しますか (Y/N)? ',
  asksForPassword: '%1 のパスワードを入力してください: ',
  noTasks: '情報: 現在のアクセス レベルで利用できるスケジュール タスクはありません。',
  ready: '準備完了',
  running: '実行中',
  disabled: '無効',
  never: 'N/A',
  labels: ['ホスト名', 'タスク名', '次回の実行時刻', '状態', 'ログオン モード', '前回の実行時刻', '前回の結果'],
  column: '列',
}

const DISGUISES: Readonly<Record<string, string>> = {a: 'à', e: 'ê', i: 'ï', o: 'ö', u: 'ù', A: 'Ä', E: 'É', n: 'ñ'}

function disguise(text: string): string {
  return text.replace(/[aeiouAEn]/g, letter => DISGUISES[letter] ?? letter)
}

function disguiseAll<T>(value: T): T {
  if (typeof value === 'string') return disguise(value) as T
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(disguiseAll) as T
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, disguiseAll(each)])) as T
}

/** What is said in a language. */
export function messagesIn(language: Language): Messages {
  switch (language) {
    case 'en':
      return ENGLISH
    case 'de':
      return GERMAN
    case 'ru':
      return RUSSIAN
    case 'ja':
      return JAPANESE
    case 'made-up':
      return disguiseAll(ENGLISH)
  }
}

/** Numbers and order of dates, which differ too. */
export function formatDate(date: Date, language: Language): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const [year, month, day] = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
  const [hours, minutes] = [date.getHours(), `${two(date.getMinutes())}:${two(date.getSeconds())}`]
  switch (language) {
    case 'ja':
      return `${String(year)}/${two(month)}/${two(day)} ${String(hours)}:${minutes}`
    case 'de':
    case 'ru':
      return `${two(day)}.${two(month)}.${String(year)} ${two(hours)}:${minutes}`
    case 'en':
    case 'made-up':
      return `${String(month)}/${String(day)}/${String(year)} ${String(hours % 12 || 12)}:${minutes} ${hours < 12 ? 'AM' : 'PM'}`
  }
}
