import type { Lint } from "./lint.ts"

/** `missing-runbook`: whoever is paged would find no page about it. A foreign file's pages may be where nobody looked. */
export const runbook: Lint = ({ alert, written, outside }, tell) => {
	if (!outside.runbooks || alert.runbook !== undefined || outside.runbooks.has(alert.name)) return
	tell(written.spanOf("name"), {
		id: "missing-runbook",
		severity: outside.foreign ? "warning" : "error",
		message: `${alert.name} has no runbook`,
		expected: `docs/runbooks/${alert.name}.md`,
		hint: "write that page, or give the address of another with runbook:",
	})
}
