import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { readConfig } from '../src/config/config.js'
import { SECRET } from './tokens.js'

// Where no container can be run: what the files say is compared with what the server needs.

function fileText(name: string): string {
  return readFileSync(new URL(`../../../examples/operate/${name}`, import.meta.url), 'utf8')
}

/** Seconds that a server may take to finish, after it has drained. */
const FINISH = 9

/** The settings of a server that is started like this. Throws when it would refuse to start. */
function settingsOf(args: string[]) {
  const variables = { TALUS_JWT_SECRET: SECRET, TALUS_HOST: '0.0.0.0' }
  const config = readConfig(args, variables)
  if (!config.ok) throw new Error(config.error.message)
  return config.value
}

type Service = {
  command: string[]
  user: string
  read_only: boolean
  cap_drop: string[]
  stop_grace_period: string
  depends_on: Record<string, { condition: string }>
}

test('[CMD1] the compose file starts two servers that drain, and are given the time for it', () => {
  const { services } = parse(fileText('compose.yaml'), { merge: true }) as {
    services: Record<string, Partial<Service>>
  }
  for (const name of ['talus-a', 'talus-b']) {
    const { command = [], stop_grace_period = '', ...service } = services[name] ?? {}
    const { drainSeconds, network } = settingsOf(command)
    expect(drainSeconds).toBeGreaterThan(0)
    expect(parseInt(stop_grace_period, 10)).toBeGreaterThan(drainSeconds + FINISH)
    expect(network.trustProxy).not.toBe(false)
    expect(service).toMatchObject({ read_only: true, user: '10001:10001', cap_drop: ['ALL'] })
    for (const needed of Object.keys(service.depends_on ?? {})) {
      expect(services[needed]).toHaveProperty('healthcheck')
    }
    expect(fileText('nginx.conf')).toContain(`server ${name}:5000 `)
  }
  const nginx = fileText('nginx.conf')
  // Polling stays on one server, and WebSocket gets through.
  for (const line of ['ip_hash;', 'proxy_http_version 1.1;', 'Connection $connection_upgrade;']) {
    expect(nginx).toContain(line)
  }
})

type Probe = {
  httpGet: { path: string; port: string }
  periodSeconds: number
  failureThreshold: number
}

type Kubernetes = {
  kind: string
  spec: {
    selector: { app?: string; matchLabels?: { app: string } }
    minAvailable?: number
    replicas: number
    strategy: { rollingUpdate: object }
    template: {
      metadata: { labels: { app: string } }
      spec: {
        terminationGracePeriodSeconds: number
        securityContext: object
        volumes: { name: string }[]
        containers: {
          args: string[]
          ports: { name: string; containerPort: number }[]
          volumeMounts: { name: string; mountPath: string }[]
          resources: { requests: object; limits: object }
          securityContext: object
          readinessProbe: Probe
          livenessProbe: Probe
        }[]
      }
    }
  }
}

test('[CMD1] the pods of Kubernetes leave before they end, and keep their files out of the image', () => {
  const documents = parseAllDocuments(fileText('kubernetes/talus.yaml'))
  for (const { errors } of documents) expect(errors).toEqual([])
  const all = documents.map((document) => document.toJS() as Kubernetes)
  const [service, budget, deployment] = all
  expect(all.map(({ kind }) => kind)).toEqual(['Service', 'PodDisruptionBudget', 'Deployment'])
  if (!service || !budget || !deployment) throw new Error('There are three')
  const { template, replicas, strategy, selector } = deployment.spec
  const { app } = template.metadata.labels
  expect([service.spec.selector.app, selector.matchLabels?.app]).toEqual([app, app])
  expect(budget.spec).toMatchObject({ selector: { matchLabels: { app } } })
  expect(budget.spec.minAvailable).toBeLessThan(replicas)
  expect(strategy.rollingUpdate).toMatchObject({ maxUnavailable: 0 })
  const { containers, volumes, terminationGracePeriodSeconds, securityContext } = template.spec
  const [container] = containers
  if (!container) throw new Error('There is one')
  const { drainSeconds } = settingsOf(container.args)
  const { readinessProbe, livenessProbe } = container
  // It is found out before the server ends, twice over, and the server may finish.
  expect(drainSeconds).toBeGreaterThanOrEqual(
    2 * readinessProbe.periodSeconds * readinessProbe.failureThreshold,
  )
  expect(terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds + FINISH)
  expect(readinessProbe.httpGet).toEqual({ path: '/api/v1/ready', port: 'http' })
  expect(livenessProbe.httpGet).toEqual({ path: '/api/v1/health', port: 'http' })
  expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001 })
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(container.resources).toMatchObject({
    requests: { cpu: '500m' },
    limits: { memory: '2Gi' },
  })
  const named = new Set(volumes.map(({ name }) => name))
  expect(container.volumeMounts.map(({ name }) => named.has(name))).toEqual([true, true])
  expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/data', '/tmp'])
})

test('[CMD1] the image and the unit start the server itself, as nobody in particular', () => {
  const image = fileText('Dockerfile')
  expect(image).toMatch(/^ENTRYPOINT \["node", "dist\/main\.js"\]$/m)
  expect(image).toMatch(/^USER 10001:10001$/m)
  expect(image).toMatch(/^HEALTHCHECK .*\\\n {2}CMD \["node", /m)
  const unit = fileText('talus@.service')
  const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? ''
  const [node, main, ...args] = setting('ExecStart').replaceAll('%i', '5001').split(' ')
  expect([node, main]).toEqual(['/usr/bin/node', '/opt/talus/dist/main.js'])
  const { port, drainSeconds } = settingsOf(args)
  expect(port).toBe(5_001)
  expect(Number(setting('TimeoutStopSec'))).toBeGreaterThan(drainSeconds + FINISH)
})
