import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import path from "node:path"
import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { html } from "../console/kit/html.ts"
import { show } from "../console/show.ts"
import { parseInput } from "../http/input.ts"
import type { Route } from "../http/route.ts"
import { renderMarkdown } from "./markdown.ts"

/** They are not compiled: from `dist/` they are found in the source tree beside it. */
const FOLDER = ["../../../docs/runbooks", "../../../../docs/runbooks"]
	.map((below) => path.resolve(import.meta.dirname, below))
	.find((folder) => existsSync(folder))

/** An alert's name, with the file's ending as the links of notifications have it. */
const nameInput = z.object({
	name: z
		.string()
		.regex(/^[a-z][a-z0-9_]{0,99}(?:\.md)?$/, "expected an alert's name")
		.transform((name) => name.replace(/\.md$/, "")),
})

/** What the links of notifications lead to: the runbook of an alert, as it is in docs/runbooks now. */
export const runbookRoutes: readonly Route[] = [
	{
		method: "GET",
		path: "/runbooks/:name",
		access: "viewer",
		answer: "page",
		handle: (call) =>
			show(call, async () => {
				const { name } = parseInput(nameInput, call.req.params)
				const main = html`<article class="runbook"><h1>${name}</h1>
${renderMarkdown(await readRunbook(name))}</article>`
				return { title: `Runbook ${name}`, section: "open", main }
			}),
	},
]

async function readRunbook(name: string): Promise<string> {
	try {
		if (FOLDER !== undefined) return await readFile(path.join(FOLDER, `${name}.md`), "utf8")
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
	}
	throw new ObservatoryError("not_found", `There is no runbook for ${name}.`, {
		advice: `Write docs/runbooks/${name}.md, or give the alert the address of another with runbook: in alerts.yaml.`,
	})
}
