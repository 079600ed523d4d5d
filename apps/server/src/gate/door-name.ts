/** The ways in: the two namespaces, and REST. */
export type DoorName = '/' | '/graph' | 'rest'
