/**
 * What has been written to all clients: how often at once to the TCP socket and how often through
 * Engine.IO, and how much. Plain numbers, because it is added to for every client and turn.
 */
export class FanOutCounts {
  direct = 0
  queued = 0
  packets = 0
  bytes = 0
}
