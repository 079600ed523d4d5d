import helmet from 'helmet'

/** Seconds for which browsers come back over HTTPS only. */
const HSTS_MAX_AGE = 365 * 24 * 60 * 60

/**
 * Headers that tell browsers what not to do with an answer. Nothing here is a page but the
 * documentation, which brings its own scripts and styles. Made once: it is the same for every
 * answer of Fastify and of Engine.IO.
 */
export function secureHeaders({ hasTls }: { hasTls: boolean }) {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    // Calls by CORS are not concerned: this is about pages that embed without asking.
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: hasTls && { maxAge: HSTS_MAX_AGE, includeSubDomains: false },
  })
}
