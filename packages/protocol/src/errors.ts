/** What a caller learns from an error code alone. */
export type ErrorInfo = {
  /** HTTP status of a REST answer with this code. */
  status: number
  /** Whether the same request, with the same `command_id`, may succeed later. */
  retryable: boolean
  description: string
}

function entry(status: number, description: string, retryable = false): ErrorInfo {
  return { status, retryable, description }
}

/** The closed table of error codes: REST, acknowledgements and `command:failed` share it. */
export const ERRORS = {
  BAD_REQUEST: entry(400, 'The payload does not have the shape that the contract declares.'),
  UNKNOWN_COMMAND: entry(400, 'No command has this type.'),
  UNAUTHORIZED: entry(401, 'The credentials are missing, expired or wrong.'),
  FORBIDDEN: entry(403, 'The role of the caller does not permit this.'),
  NOT_FOUND: entry(404, 'No endpoint has this method and path.'),
  SESSION_NOT_FOUND: entry(404, 'No session has this id.'),
  PROJECT_NOT_FOUND: entry(404, 'No project has this id.'),
  TEMPLATE_NOT_FOUND: entry(404, 'No template has this id.'),
  NODE_NOT_FOUND: entry(404, 'The session has no node with this id.'),
  PROPERTY_NOT_FOUND: entry(404, 'The node does not have this property.'),
  MEMBER_NOT_FOUND: entry(404, 'Nobody with this id has a role in the session.'),
  SHARE_LINK_NOT_FOUND: entry(404, 'The session has no share link with this id.'),
  LAST_OWNER: entry(409, 'A session keeps at least one owner.'),
  NODE_EXISTS: entry(409, 'The id belongs, or once belonged, to another node of the session.'),
  ALREADY_LINKED: entry(409, 'The node already has a parent.'),
  NOT_LINKED: entry(409, 'The two nodes are not parent and child.'),
  CYCLE_DETECTED: entry(409, 'The node would become its own ancestor.'),
  COMMAND_ID_REUSED: entry(409, 'The command id was used before, with another payload.'),
  NOTHING_TO_UNDO: entry(409, 'The undo stack is empty or does not hold this command.'),
  NOTHING_TO_REDO: entry(409, 'The redo stack is empty or does not hold this command.'),
  UNDO_CONFLICT: entry(409, 'What the undo would restore has no place to go back to.'),
  HISTORY_TRUNCATED: entry(410, 'The entries asked for are no longer kept.'),
  PRECONDITION_FAILED: entry(
    412,
    'The stated previous value is not the current one, or the stated seq is not reached.',
  ),
  PAYLOAD_TOO_LARGE: entry(413, 'The message is larger than the server accepts.'),
  INVALID_PARENT: entry(422, 'The parent does not exist.'),
  TYPE_NOT_ALLOWED: entry(422, 'The blueprint does not allow this type below that parent.'),
  UNKNOWN_NODE_TYPE: entry(422, 'The blueprint has no node type with this id.'),
  INVALID_PROPERTY: entry(422, 'The blueprint does not allow this property or this value.'),
  INVALID_TEMPLATE: entry(422, 'The template or project document is not valid.'),
  LIMIT_EXCEEDED: entry(422, 'A limit of the server would be exceeded.'),
  RATE_LIMITED: entry(429, 'Too many requests; retry after the stated time.', true),
  INTERNAL_ERROR: entry(500, 'A fault of the server, logged there.', true),
  STORAGE_UNAVAILABLE: entry(503, 'The change could not be made durable and was undone.', true),
  OVERLOADED: entry(503, 'The server has more work than it can take.', true),
} as const satisfies Record<string, ErrorInfo>

export type ErrorCode = keyof typeof ERRORS

export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[]
