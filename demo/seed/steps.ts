import type { ImprovementPath } from "../work/improvement-path.ts"

/** The times at which a past improvement reached each stage; null for a stage that it never reached. */
export interface PastSteps {
	readonly status: "rejected" | "deployed" | "rolled_back"
	readonly at: {
		readonly decided: Date
		readonly validated: Date | null
		readonly deployed: Date | null
		readonly measured: Date | null
		readonly rolledBack: Date | null
	}
	readonly rollback:
		| {
				readonly trigger: "automatic" | "manual"
				readonly succeeded: boolean
				readonly startedAt: Date
				readonly finishedAt: Date
		  }
		| undefined
}

/** The completed path of an improvement, from its proposal on. */
export function pastSteps(path: ImprovementPath, proposedAt: Date): PastSteps {
	const after = (since: Date, ms: number) => new Date(since.getTime() + Math.round(ms))
	const decided = after(proposedAt, path.reviewMs)
	if (!path.approved)
		return {
			status: "rejected",
			at: { decided, validated: null, deployed: null, measured: null, rolledBack: null },
			rollback: undefined,
		}
	const deployed = after(decided, path.deployMs)
	const measured = after(deployed, path.measureMs)
	const at = { decided, validated: decided, deployed, measured }
	if (path.rollback === undefined) return { status: "deployed", at: { ...at, rolledBack: null }, rollback: undefined }
	const finishedAt = after(measured, path.rollback.ms)
	const { trigger, succeeds } = path.rollback
	return {
		status: succeeds ? "rolled_back" : "deployed",
		at: { ...at, rolledBack: succeeds ? finishedAt : null },
		rollback: { trigger, succeeded: succeeds, startedAt: measured, finishedAt },
	}
}
