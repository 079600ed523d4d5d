import type { KeyboardEvent } from 'react'
import type { TreeModel } from './tree-model.js'

/** Actions of keys other than navigation. */
export type TreeCommands = {
  open: (id: string) => void
  remove: () => void
  copy: () => void
  cut: () => void
  paste: () => void
  /** Moves one place among the siblings, or one level out or in. */
  shift: (direction: 'up' | 'down' | 'out' | 'in') => void
  add: () => void
}

const PAGE = 20
const TYPED_MS = 700

const SHIFTS = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'out', ArrowRight: 'in' } as const

const isArrow = (key: string): key is keyof typeof SHIFTS => Object.hasOwn(SHIFTS, key)

/** Keys of a tree, after the tree view pattern of the ARIA Authoring Practices Guide. */
export class TreeKeys {
  readonly #model: TreeModel
  readonly #nameOf: (id: string) => string
  #typed = { text: '', at: 0 }

  constructor(model: TreeModel, nameOf: (id: string) => string) {
    this.#model = model
    this.#nameOf = nameOf
  }

  /** Whether the key was handled. */
  press(event: KeyboardEvent, commands: TreeCommands): boolean {
    const { key, altKey, shiftKey } = event
    const isCommand = event.ctrlKey || event.metaKey
    const isDone = altKey
      ? !isCommand && this.#shift(key, commands)
      : isCommand
        ? this.#command(key, event, commands)
        : this.#move(key, shiftKey) || this.#act(key, commands)
    // What is typed after another key begins a name anew.
    if (isDone) this.#typed = { text: '', at: 0 }
    return isDone || (!altKey && !isCommand && this.#type(key))
  }

  #shift(key: string, commands: TreeCommands): boolean {
    if (!isArrow(key)) return false
    commands.shift(SHIFTS[key])
    return true
  }

  #command(key: string, { shiftKey }: KeyboardEvent, commands: TreeCommands): boolean {
    const { focus } = this.#model.state
    switch (key.toLowerCase()) {
      case 'a':
        this.#model.chooseAll()
        return true
      case 'enter':
        commands.add()
        return true
      case ' ':
        if (focus !== null) this.#model.choose(focus, 'toggle')
        return true
      case 'arrowup':
      case 'arrowdown':
        return this.#step(key === 'ArrowUp' ? -1 : 1, shiftKey ? 'range' : 'focus')
      default:
        return false
    }
  }

  #step(by: number, how: 'only' | 'range' | 'focus'): boolean {
    const { rows, focus } = this.#model.state
    const at = Math.min(Math.max(this.#model.indexOf(focus) + by, 0), rows.length - 1)
    const row = rows[at]
    if (row) this.#model.choose(row.id, how)
    return true
  }

  #move(key: string, isRange: boolean): boolean {
    const how = isRange ? 'range' : 'only'
    switch (key) {
      case 'ArrowUp':
        return this.#step(-1, how)
      case 'ArrowDown':
        return this.#step(1, how)
      case 'PageUp':
        return this.#step(-PAGE, how)
      case 'PageDown':
        return this.#step(PAGE, how)
      case 'Home':
        return this.#step(-Infinity, how)
      case 'End':
        return this.#step(Infinity, how)
      case 'ArrowRight':
        return this.#inwards()
      case 'ArrowLeft':
        return this.#outwards()
      default:
        return false
    }
  }

  #inwards(): boolean {
    const { rows, focus, expanded } = this.#model.state
    const row = rows[this.#model.indexOf(focus)]
    if (!row?.hasChildren) return true
    if (!expanded.has(row.id)) this.#model.expand([row.id])
    else this.#step(1, 'only')
    return true
  }

  #outwards(): boolean {
    const { rows, focus, expanded } = this.#model.state
    const at = this.#model.indexOf(focus)
    const row = rows[at]
    if (!row) return true
    if (row.hasChildren && expanded.has(row.id)) {
      this.#model.collapse(row.id)
      return true
    }
    const parent = rows.slice(0, at).findLast(({ level }) => level < row.level)
    if (parent) this.#model.choose(parent.id)
    return true
  }

  #act(key: string, commands: TreeCommands): boolean {
    const { rows, focus } = this.#model.state
    if (focus === null) return false
    switch (key) {
      case 'Enter':
        commands.open(focus)
        return true
      case 'F2':
        this.#model.rename(focus)
        return true
      case 'Delete':
      case 'Backspace':
        commands.remove()
        return true
      case 'Escape':
        this.#model.cut([])
        this.#model.choose(focus)
        return true
      case ' ':
        this.#model.choose(focus)
        return true
      case '*': {
        const row = rows[this.#model.indexOf(focus)]
        const beside = this.#siblingsOf(focus)
        if (row) this.#model.expand(beside)
        return true
      }
      default:
        return false
    }
  }

  #siblingsOf(id: string): string[] {
    const { rows } = this.#model.state
    const at = this.#model.indexOf(id)
    const level = rows[at]?.level ?? 0
    const isOutside = (row: { level: number }) => row.level < level
    const from = rows.slice(0, at).findLastIndex(isOutside) + 1
    const after = rows.slice(at).findIndex(isOutside)
    const group = rows.slice(from, after < 0 ? rows.length : at + after)
    return group.filter((row) => row.level === level).map((row) => row.id)
  }

  /** Goes to the next row whose name begins with what is typed. */
  #type(key: string): boolean {
    // Of the keys only those that write something have a name of one character.
    if (Array.from(key).length !== 1) return false
    const now = performance.now()
    const isNew = now - this.#typed.at > TYPED_MS
    const text = (isNew ? '' : this.#typed.text) + key.toLowerCase()
    this.#typed = { text, at: now }
    const { rows, focus } = this.#model.state
    const from = this.#model.indexOf(focus) + (text.length === 1 ? 1 : 0)
    const order = [...rows.slice(from), ...rows.slice(0, from)]
    const found = order.find(({ id }) => this.#nameOf(id).toLowerCase().startsWith(text))
    if (found) this.#model.choose(found.id)
    return true
  }
}
