import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { WebRoute } from "../../http/route.ts"

/** The console's style and script. They are not compiled: from `dist/` they are found in the source tree beside it. */
function read(name: string): string {
	const beside = fileURLToPath(new URL(`./static/${name}`, import.meta.url))
	const path = existsSync(beside)
		? beside
		: fileURLToPath(new URL(`../../../../../alert-webhook/web/console/kit/static/${name}`, import.meta.url))
	return readFileSync(path, "utf8")
}

const asset = (name: string, type: string) => {
	const text = read(name)
	const version = createHash("sha256").update(text).digest("hex").slice(0, 12)
	return { name, type, text, href: `/static/${name}?v=${version}` }
}

export const STYLE = asset("console.css", "text/css; charset=utf-8")
export const SCRIPT = asset("console.js", "text/javascript; charset=utf-8")

/** Addresses carry a digest of the content, so a browser may keep what it has for ever. */
export const assetRoutes: readonly WebRoute[] = [STYLE, SCRIPT].map(({ name, type, text }) => ({
	method: "GET",
	path: `/static/${name}`,
	access: "public",
	answer: "json",
	handle: ({ res }) => void res.type(type).set("cache-control", "public, max-age=31536000, immutable").send(text),
}))
