import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { ListenAddress } from "./config.ts"
import { ObservatoryError } from "./errors.ts"

/** Whose requests a listener accepts, besides the rules of its own routes. */
export interface RequestPolicy {
	/** Addresses at which browsers reach it through a proxy, such as the public one of the console. */
	readonly publicUrls?: readonly (string | undefined)[]
	/** Origins of other sites whose pages may send requests, such as `https://app.example`. */
	readonly foreignOrigins?: readonly string[]
	/** The bearer token that every request needs; undefined asks for none. */
	readonly token?: string | undefined
	/** The name of the variable that holds the token, for the error message. */
	readonly tokenVariable?: string
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"])

/** True for a name or an address by which every listener of this host is reached. */
export const isLoopbackName = (host: string): boolean => LOOPBACK.has(host)

/**
 * Makes the check that every request has to pass, which returns the reason to refuse it or undefined:
 *
 * - A listener on loopback answers only to loopback names and to its public addresses. A page whose name was rebound to
 *   127.0.0.1 sends the page's own name.
 * - A browser may send requests only from the listener's own pages, and from those of `foreignOrigins`. Links that a person
 *   follows are fine.
 * - Every request needs the token, where there is one; a browser's preflight of such an origin cannot carry it.
 */
export function createRequestCheck(
	{ host }: ListenAddress,
	policy: RequestPolicy = {},
): (req: IncomingMessage) => ObservatoryError | undefined {
	const publicHosts = new Set((policy.publicUrls ?? []).flatMap((url) => (url === undefined ? [] : new URL(url).host)))
	const onLoopback = LOOPBACK.has(host)
	const withoutToken = tokenCheck(policy.token, policy.tokenVariable)
	const isOurs = (authority: string) => publicHosts.has(authority) || LOOPBACK.has(nameIn(authority))
	return (req) => {
		const authority = req.headers.host?.toLowerCase()
		if (onLoopback && authority !== undefined && !isOurs(authority))
			return new ObservatoryError("forbidden", "This address is not served here.", {
				advice: "Ask for it by 127.0.0.1 or localhost. Behind a proxy, set the public address, such as WEBHOOK_URL.",
			})
		const isAllowed = policy.foreignOrigins?.includes(req.headers.origin ?? "") ?? false
		if (!isAllowed && isForeign(req, authority, publicHosts))
			return new ObservatoryError("forbidden", "This request comes from another site's page.", {
				advice: "Open the page here and repeat it. Programs send no Origin header.",
			})
		return isAllowed && isPreflight(req) ? undefined : withoutToken(req)
	}
}

const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
	method === "OPTIONS" && headers["access-control-request-method"] !== undefined

/**
 * Makes the check for one bearer token, which returns the reason to refuse a request or undefined. A single route uses
 * it after routing: a path can be written in many ways, and only the router knows which route it reaches.
 */
export function tokenCheck(
	token: string | undefined,
	variable = "TOKEN",
): (req: Pick<IncomingMessage, "headers">) => ObservatoryError | undefined {
	if (token === undefined) return () => undefined
	const expected = digest(`Bearer ${token}`)
	return ({ headers }) =>
		timingSafeEqual(digest(headers.authorization ?? ""), expected)
			? undefined
			: new ObservatoryError("unauthorized", "This needs a token.", {
					advice: `Send Authorization: Bearer TOKEN, with the value of ${variable} or of the file that ${variable}_FILE names.`,
				})
}

/**
 * True for what a browser sends on behalf of another site. Browsers say so in Sec-Fetch-Site; older ones in Origin
 * only, which some requests of the same site leave out or send as `null`.
 */
function isForeign(
	{ headers, method }: IncomingMessage,
	authority: string | undefined,
	publicHosts: ReadonlySet<string>,
): boolean {
	const site = headers["sec-fetch-site"]
	if (site !== undefined) {
		const followsLink =
			method === "GET" && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document"
		return site !== "same-origin" && site !== "none" && !followsLink
	}
	const { origin } = headers
	if (origin === undefined) return false
	const from = URL.canParse(origin) ? new URL(origin).host : undefined
	return from === undefined || (from !== authority && !publicHosts.has(from))
}

/** A host without its port; an IPv6 address without its brackets. */
export const nameIn = (authority: string): string => authority.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")

/** Digests are of one length, which the comparison needs. */
const digest = (text: string) => createHash("sha256").update(text).digest()
