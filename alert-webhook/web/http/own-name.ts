import type { IncomingMessage } from "node:http"
import { isLoopbackName, nameIn } from "../../../core/lib/request-check.ts"

/**
 * Where a browser finds a page that it asked for by a shared name of this host, such as 127.0.0.1; undefined where it may
 * stay. Cookies ignore ports: under a name that only the console uses, no other program of the host receives its own by
 * accident.
 */
export function atOwnName(consoleUrl: string, { headers, url }: Pick<IncomingMessage, "headers" | "url">) {
	const own = new URL(consoleUrl)
	if (!own.hostname.endsWith(".localhost")) return undefined
	// Programs with a token need no cookie.
	if (headers.authorization !== undefined) return undefined
	const authority = headers.host?.toLowerCase() ?? ""
	return isLoopbackName(nameIn(authority)) ? `${own.origin}${url ?? "/"}` : undefined
}
