import { runbookName } from "../schema.ts"
import type { Lint } from "./lint.ts"

/** `missing-runbook`: a person who is paged would find no page about it. A foreign file's pages may be elsewhere. */
export const runbook: Lint = ({ written, outside }, report) => {
	const { name, runbook } = written.entry
	const page = runbook === undefined ? name : runbookName(runbook)
	if (!outside.runbooks || page === undefined || outside.runbooks.has(page) || written.unfit.has("runbook")) return
	report(written.spanOf(runbook === undefined ? "name" : "runbook"), {
		id: "missing-runbook",
		severity: outside.foreign ? "warning" : "error",
		message: runbook === undefined ? `${name} has no runbook` : `there is no runbook ${runbook}`,
		expected: `docs/runbooks/${page}.md`,
		hint: "write that page, or give the address of another with runbook:",
	})
}
