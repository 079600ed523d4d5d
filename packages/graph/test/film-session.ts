import { filmBlueprint, Session } from './session.js'

/** r(a, b(c)), s without a blueprint. */
export function plain(): Session {
  const session = new Session()
  session.create('ann', 'r')
  session.create('ann', 'a', 'r')
  session.create('ann', 'b', 'r')
  session.create('ann', 'c', 'b')
  session.create('ann', 's')
  return session
}

export const SCENE = '601aa11a-6dd0-f620-29df-cdddffa83707'
export const STATUS = '6db11cbb-dd58-1bb0-27d8-4f9f94f61181'
export const TITLE = '55555555-aaaa-4bbb-8ccc-666666666666'

/** f: film with scene s1 and person p1. */
export function film(): Session {
  const session = new Session(filmBlueprint())
  session.create('ann', 'f', null, { blueprint_type_id: 'film', name: 'Dusk' })
  session.create('ann', 's1', 'f', { blueprint_type_id: 'scene', name: 'Opening' })
  const email = { email: 'p@example.org' }
  session.create('ann', 'p1', 'f', { blueprint_type_id: 'person', name: 'Pat', properties: email })
  return session
}
