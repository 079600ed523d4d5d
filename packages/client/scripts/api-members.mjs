import { namesIn } from './declarations.mjs'

/** @typedef {import('./declarations.mjs').Syntax} Syntax */

/** What nobody outside can use, or what says nothing beyond its type. @param {Syntax} member */
function isHidden({ key, kind, accessibility }, isType) {
  if (key?.type === 'PrivateIdentifier' || accessibility === 'private') return true
  // What frameworks look for, such as `__v_skip`.
  if (key?.type === 'Identifier' && key.name.startsWith('__')) return true
  return kind === 'constructor' && isType
}

/** The literals of an object type, alone or with others; those of a union its own text explains. @param {Syntax} type @returns {Syntax[]} */
function literalsIn(type) {
  if (type.type === 'TSTypeLiteral') return [type]
  return type.type === 'TSIntersectionType' ? type.types.flatMap(literalsIn) : []
}

/**
 * The members of a class, an interface or an object type.
 * @param {Syntax} syntax
 * @param {boolean} isType whether the name is exported as a type: its constructor is not for others
 * @returns {Syntax[]}
 */
export function membersOf(syntax, isType) {
  switch (syntax.type) {
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
      return syntax.body.body.filter((member) => !isHidden(member, isType))
    case 'TSTypeAliasDeclaration':
      return literalsIn(syntax.typeAnnotation).flatMap(({ members }) => members)
    default:
      return []
  }
}

/** @param {Syntax} member */
export function memberName({ key, kind }) {
  return kind === 'constructor' ? 'constructor' : (key.name ?? key.value)
}

/** @param {Syntax} syntax */
export function kindOf(syntax) {
  switch (syntax.type) {
    case 'ClassDeclaration':
      return 'class'
    case 'TSInterfaceDeclaration':
      return 'interface'
    case 'TSTypeAliasDeclaration':
      return 'type'
    default:
      return 'function'
  }
}

/** The types that the parameters of a function name, each once. @param {Syntax[]} overloads */
export function parameterTypes(overloads) {
  return [...new Set(overloads.flatMap(({ params }) => namesIn(params ?? [])))]
}
