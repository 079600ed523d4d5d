import type { Config } from './config.js'
import { isLoopback } from './loopback.js'

/** What the operator should know about settings that are accepted and may not be meant. */
export function warningsOf(config: Config): string[] {
  const { auth, host, network, metricsListener, metricsToken } = config
  const beyond = !isLoopback(host)
  const warnings: string[] = []
  if (auth === null) {
    const whom = beyond ? `whoever reaches ${host}` : 'everybody'
    warnings.push(`Development mode: nobody is authenticated, ${whom} may do everything.`)
  }
  if (auth && beyond && network.tls === null && network.trustProxy.length === 0) {
    warnings.push(
      'Tokens travel in plain text: give --tls-cert and --tls-key, or put a proxy with TLS in front and name it with --trust-proxy.',
    )
  }
  if (auth && auth.keys.kind !== 'secret' && auth.audience.length === 0) {
    warnings.push(
      'Tokens that the issuer made for others are accepted: say whom they must be for with --jwt-audience.',
    )
  }
  if (metricsListener && metricsToken === undefined && !isLoopback(metricsListener.host)) {
    warnings.push(
      `Metrics are open to whoever reaches ${metricsListener.host}: give TALUS_METRICS_TOKEN, or an address of a private network with --metrics-host.`,
    )
  }
  return warnings
}
