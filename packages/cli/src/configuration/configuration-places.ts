import {join} from 'node:path'

/** One place where a configuration file may be. */
export interface ConfigurationPlace {
  readonly path: string
  /** Somebody named it: then it has to be there. */
  readonly named: boolean
  /** A file there that others can write is refused rather than passed over. */
  readonly strict: boolean
}

/** What the places depend on. */
export interface PlaceContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly home: string
  /** The profile root as far as it is known before there is a configuration. */
  readonly root: string
  /** Value of --config. */
  readonly explicit?: string | undefined
}

const EXTENSIONS = ['json', 'yaml'] as const

/** The user's own configuration directory, by the rules of oclif: XDG, LOCALAPPDATA on Windows, ~/.config. */
export function userConfigurationDirectory({env, platform, home}: PlaceContext): string {
  if (env['HERMES_SVC_CONFIG_DIR']) return env['HERMES_SVC_CONFIG_DIR']
  const local = platform === 'win32' ? env['LOCALAPPDATA'] : undefined
  return join(env['XDG_CONFIG_HOME'] || local || join(home, '.config'), 'hermes-svc')
}

/** The places in the order asked. The current directory is never one: the tool runs as root, and anybody can own that. */
export function configurationPlaces(context: PlaceContext): ConfigurationPlace[] {
  const named = context.explicit ?? (context.env['HERMES_SVC_CONFIG'] || undefined)
  if (named !== undefined) return [{path: named, named: true, strict: true}]
  const places = (directory: string, name: string, strict: boolean): ConfigurationPlace[] =>
    EXTENSIONS.map(extension => ({path: join(directory, `${name}.${extension}`), named: false, strict}))
  return [
    ...places(context.root, 'hermes-svc', false),
    ...places(userConfigurationDirectory(context), 'config', false),
    ...(context.platform === 'win32' ? [] : places('/etc/hermes-svc', 'config', true)),
  ]
}
