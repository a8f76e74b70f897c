import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { shippedFile } from "../../../../core/lib/files.ts"
import type { WebRoute } from "../../http/route.ts"

/** The console's style and script. */
const read = (name: string): string => readFileSync(shippedFile(`alert-webhook/web/console/kit/static/${name}`), "utf8")

const asset = (name: string, type: string) => {
	const text = read(name)
	const version = createHash("sha256").update(text).digest("hex").slice(0, 12)
	return { name, type, text, href: `/static/${name}?v=${version}` }
}

export const STYLE = asset("console.css", "text/css; charset=utf-8")
export const SCRIPT = asset("console.js", "text/javascript; charset=utf-8")

/** Addresses carry a digest of the content, so a browser may cache them permanently. */
export const assetRoutes: readonly WebRoute[] = [STYLE, SCRIPT].map(({ name, type, text }) => ({
	method: "GET",
	path: `/static/${name}`,
	access: "public",
	answer: "json",
	handle: ({ res }) => void res.type(type).set("cache-control", "public, max-age=31536000, immutable").send(text),
}))
