import type { Context } from "../context.ts"
import type { JobHandlers } from "../store/jobs/worker.ts"
import { stepEscalation } from "./escalation/step.ts"
import { sendPages } from "./paging/send.ts"
import { propose } from "./remediation/propose.ts"
import { runRemediation } from "./remediation/run.ts"
import { verifyRemediation } from "./remediation/verify.ts"

/** The handler of each kind of job. A job may run twice: each handler first checks for completed work. */
export const handlersFor = (ctx: Context): JobHandlers => ({
	"remediation.propose": (payload) => propose(ctx, payload),
	"remediation.run": (payload) => runRemediation(ctx, payload),
	"remediation.verify": (payload) => verifyRemediation(ctx, payload),
	"escalation.step": (payload) => stepEscalation(ctx, payload),
	"pages.send": () => sendPages(ctx),
})
