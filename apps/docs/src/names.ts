const words = (name: string) => name.split(/[^A-Za-z\d]+/)

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

/** `command:executed` as `CommandExecuted`. */
export function pascalCase(name: string): string {
  return words(name).map(capitalised).join('')
}

/** `CommandExecuted` as `commandExecuted`: a key of a component cannot hold the wire's colons. */
export function camelCase(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

/** The type of an event of a namespace; those of `/graph` start with Graph, as in the package. */
export function eventType(namespace: string, event: string): string {
  const type = pascalCase(event)
  return namespace === '/' || type.startsWith('Graph') ? type : `Graph${type}`
}

/** `ExecuteCommandRoute` as `ExecuteCommand`. */
export function routeType(route: string): string {
  return route.replace(/Route$/, '')
}
