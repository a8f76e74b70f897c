import type { Lint } from "./lint.ts"

/** `missing-runbook`: whoever is paged would find no page about it. A foreign file's pages may be where nobody looked. */
export const runbook: Lint = ({ written, outside }, report) => {
	const { name, runbook } = written.entry
	if (!outside.runbooks || name === undefined || outside.runbooks.has(name)) return
	if (runbook !== undefined || written.unfit.has("runbook")) return
	report(written.spanOf("name"), {
		id: "missing-runbook",
		severity: outside.foreign ? "warning" : "error",
		message: `${name} has no runbook`,
		expected: `docs/runbooks/${name}.md`,
		hint: "write that page, or give the address of another with runbook:",
	})
}
