import { readFile } from "node:fs/promises"
import path from "node:path"
import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { isMissing, shippedFile } from "../../../core/lib/files.ts"
import { html } from "../console/kit/html.ts"
import { show } from "../console/show.ts"
import { parseInput } from "../http/input.ts"
import type { Route } from "../http/route.ts"
import { renderMarkdown } from "./markdown.ts"

const FOLDER = shippedFile("docs/runbooks")

/** An alert's name, with the optional file extension of the links in notifications. */
const nameInput = z.object({
	name: z
		.string()
		.regex(/^[a-z][a-z0-9_]{0,99}(?:\.md)?$/, "expected an alert's name")
		.transform((name) => name.replace(/\.md$/, "")),
})

/** The target of runbook links: the alert's file in docs/runbooks. */
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
		return await readFile(path.join(FOLDER, `${name}.md`), "utf8")
	} catch (error) {
		if (!isMissing(error)) throw error
	}
	throw new ObservatoryError("not_found", `There is no runbook for ${name}.`, {
		advice: `Write docs/runbooks/${name}.md, or give the alert the address of another with runbook: in alerts.yaml.`,
	})
}
