import { FILM as BLUEPRINT } from '../projects-samples.js'
import { Commands, FILM, FREE } from './commands.js'
import { Dealer } from './dealer.js'
import { projectNodes } from './project.js'
import { Rehearsal } from './rehearsal.js'
import type { Member, Request, Script, Step, Stream } from './script.js'

const VERBS = { execute: 320, undo: 80, redo: 45, repeat: 45, restore: 5, load: 2, save: 3 }

const ACTORS = ['ann', 'ann', 'bob', undefined]

type Named = Exclude<Request, { verb: 'load' | 'save' }>

/** Writes what happens under one seed, step by step. */
class Writer {
  readonly #dealer: Dealer
  readonly #commands: Commands
  readonly #rehearsal: Rehearsal
  readonly #script: Script
  /** Who is away, and after how many operations they come back. */
  readonly #away = new Map<number, number>()
  readonly #named: Named[] = []
  #ids = 0

  constructor(seed: number) {
    const dealer = new Dealer(seed)
    this.#dealer = dealer
    const owned = dealer.chance(30)
    const heavy = !owned && dealer.chance(20)
    this.#script = {
      seed,
      house: dealer.chance(25) ? 'process' : 'inside',
      durability: dealer.chance(50) ? 'full' : 'normal',
      owned,
      cast: castOf(dealer),
      steps: [],
    }
    this.#rehearsal = new Rehearsal(owned ? BLUEPRINT : null, projectNodes(), owned)
    const vocabulary = owned ? FILM : { ...FREE, heavy }
    this.#commands = new Commands(dealer, this.#rehearsal, vocabulary)
  }

  write(operations: number): Script {
    const { steps } = this.#script
    steps.push({ do: 'meet' })
    const turns = this.#turningPoints(operations)
    for (let i = 0; i < operations; i += 1) {
      this.#comeBack()
      this.#mishap()
      steps.push(this.#operation())
      for (const step of turns.get(i) ?? []) this.#turn(step)
    }
    steps.push({ do: 'meet' })
    return this.#script
  }

  /** Restarts, idle times and meetings, by the operation that they come after. */
  #turningPoints(operations: number): Map<number, Step[]> {
    const dealer = this.#dealer
    const points = new Map<number, Step[]>()
    const put = (step: Step) => {
      const at = dealer.below(operations)
      points.set(at, [...(points.get(at) ?? []), step])
    }
    const { house } = this.#script
    for (let i = 1 + dealer.below(2); i > 0; i -= 1) put({ do: 'restart', signal: 'SIGTERM' })
    if (house === 'process') put({ do: 'restart', signal: 'SIGKILL' })
    if (house === 'inside' && dealer.chance(60)) put({ do: 'idle' })
    for (let i = dealer.below(4); i > 0; i -= 1) put({ do: 'meet' })
    return points
  }

  #turn(step: Step): void {
    this.#script.steps.push(step)
    this.#away.clear()
    if (step.do === 'meet') return
    for (const who of this.#script.cast.keys()) this.#away.set(who, this.#dealer.below(8))
  }

  #comeBack(): void {
    for (const [who, left] of this.#away) {
      this.#away.set(who, left - 1)
      if (left > 0) continue
      const cutAfter = this.#dealer.chance(25) ? this.#dealer.below(12) : undefined
      this.#script.steps.push({ do: 'return', who, cutAfter })
      if (cutAfter !== undefined) this.#away.set(who, this.#dealer.below(4))
      else this.#away.delete(who)
    }
  }

  #mishap(): void {
    const dealer = this.#dealer
    const { steps } = this.#script
    const who = dealer.below(this.#script.cast.length)
    if (dealer.chance(12)) steps.push({ do: 'pause', turns: 1 + dealer.below(20) })
    if (dealer.chance(3)) steps.push({ do: 'lose', who })
    if (!dealer.chance(4) || this.#away.has(who)) return
    steps.push({ do: 'cut', who })
    this.#away.set(who, dealer.below(12))
  }

  #operation(): Step {
    const dealer = this.#dealer
    const { cast } = this.#script
    const [who, request] = this.#proposal()
    this.#rehearsal.perform(request, cast[who]?.actor ?? 'anonymous')
    if (request.verb !== 'load' && request.verb !== 'save' && request.command_id !== undefined) {
      this.#named.push(request)
    }
    const next = dealer.weighed({ wait: 40, 'go on': 57, cut: 3 })
    if (next === 'cut') this.#away.set(who, dealer.below(12))
    return { do: 'send', who, request, next }
  }

  /** Mostly something that changes something. */
  #proposal(): [who: number, request: Request] {
    const dealer = this.#dealer
    for (;;) {
      const verb = dealer.weighed(VERBS)
      const who = this.#somebody(verb)
      const request = verb === 'repeat' ? this.#repeated(who) : this.#request(verb)
      if (!request) continue
      const actor = this.#script.cast[who]?.actor ?? 'anonymous'
      const kept = verb === 'repeat' || verb === 'save' || dealer.chance(8)
      if (kept || this.#rehearsal.matters(request, actor)) return [who, request]
    }
  }

  #somebody(verb: string): number {
    const { cast } = this.#script
    const isRest = verb === 'restore' || verb === 'load' || verb === 'save'
    const able = [...cast.keys()].filter((who) => !isRest || cast[who]?.stream === 'rest')
    return this.#dealer.pick(able)
  }

  #request(verb: Exclude<keyof typeof VERBS, 'repeat'>): Request | undefined {
    const dealer = this.#dealer
    const seq = this.#rehearsal.seq
    switch (verb) {
      case 'execute': {
        const label = dealer.chance(5) ? { label: 'Why' } : {}
        return { verb, ...this.#commands.next(), ...label, ...this.#id(10) }
      }
      case 'undo':
      case 'redo':
        return this.#reversal(verb)
      case 'restore':
        return seq < 5 ? undefined : { verb, seq: dealer.below(seq - 3), ...this.#id(0) }
      case 'load':
        return { verb }
      case 'save':
        return this.#script.owned ? { verb } : undefined
      default:
        return verb satisfies never
    }
  }

  #reversal(verb: 'undo' | 'redo'): Request {
    const dealer = this.#dealer
    const targeted = dealer.chance(50) && this.#named.length > 0
    const { command_id = '' } = targeted ? dealer.pick(this.#named.slice(-40)) : {}
    const target = targeted ? { target_command_id: command_id } : {}
    const scope = dealer.chance(15) ? ({ scope: 'session' } as const) : {}
    const force = dealer.chance(10) ? { force: true } : {}
    // Whether it was forced is told by the id.
    return { verb, ...target, ...scope, ...force, ...this.#id('force' in force ? 0 : 10) }
  }

  /** A command id, left out in so many of a hundred cases. */
  #id(without: number): { command_id?: string } {
    return this.#dealer.chance(without) ? {} : { command_id: `c${(this.#ids += 1)}` }
  }

  /** An earlier request again, as it was or with another payload under the same id. */
  #repeated(who: number): Request | undefined {
    const dealer = this.#dealer
    const viaRest = this.#script.cast[who]?.stream === 'rest'
    const able = this.#named.filter(({ verb }) => viaRest || verb !== 'restore')
    if (able.length === 0) return undefined
    const request = dealer.pick(dealer.chance(70) ? able.slice(-8) : able)
    if (dealer.chance(70)) return request
    return request.verb === 'execute' || request.verb === 'restore'
      ? { ...request, label: 'Another payload' }
      : { ...request, force: request.force !== true }
  }
}

function castOf(dealer: Dealer): Member[] {
  const count = 2 + dealer.below(4)
  return Array.from({ length: count }, (_, i): Member => {
    const streams: Stream[] = i === 0 ? ['rest'] : ['changes', 'events', 'graph', 'changes']
    const stream = i > 1 && dealer.chance(15) ? 'rest' : dealer.pick(streams)
    const transports = dealer.pick<Member['transports'][number][]>([
      ['websocket'],
      ['websocket'],
      ['polling'],
      ['polling', 'websocket'],
    ])
    return { stream, actor: dealer.pick(ACTORS), transports, rude: dealer.chance(60) }
  })
}

/** What happens under a seed, with so many operations. The same for the same numbers. */
export function writeScript(seed: number, operations: number): Script {
  return new Writer(seed).write(operations)
}
