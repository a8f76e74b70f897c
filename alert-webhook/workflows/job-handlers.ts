import type { Context } from "../context.ts"
import type { JobHandlers } from "../store/jobs/worker.ts"
import { stepEscalation } from "./escalation/step.ts"
import { sendNotices } from "./paging/send.ts"
import { propose } from "./remediation/propose.ts"
import { runRemediation } from "./remediation/run.ts"
import { verifyRemediation } from "./remediation/verify.ts"

/** What each kind of job does. A job may run twice: each of these looks first at what has been done. */
export const handlersFor = (ctx: Context): JobHandlers => ({
	"remediation.propose": (payload) => propose(ctx, payload),
	"remediation.run": (payload) => runRemediation(ctx, payload),
	"remediation.verify": (payload) => verifyRemediation(ctx, payload),
	"escalation.step": (payload) => stepEscalation(ctx, payload),
	"notices.send": () => sendNotices(ctx),
})
