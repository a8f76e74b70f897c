import type { ImprovementPath } from "./improvement-path.ts"

export type ImprovementStep = "decide" | "deploy" | "measure" | "finish_rollback"

/** The state of an improvement. */
export interface ImprovementState {
	readonly status: string
	readonly proposedAt: Date
	readonly validatedAt: Date | null
	readonly deployedAt: Date | null
	readonly measuredAt: Date | null
	readonly rollbackStartedAt: Date | null
	readonly rollbackFinishedAt: Date | null
}

/** The step of an improvement that is due; undefined if none is. */
export function nextStep(
	state: ImprovementState,
	path: ImprovementPath,
	now: number,
	pace: { scaled(ms: number): number },
	reviewersAway: boolean,
): ImprovementStep | undefined {
	const due = (since: Date | null, ms: number) => since !== null && now >= since.getTime() + pace.scaled(ms)
	if (state.status === "proposed") return !reviewersAway && due(state.proposedAt, path.reviewMs) ? "decide" : undefined
	if (state.status === "validated") return due(state.validatedAt, path.deployMs) ? "deploy" : undefined
	if (state.status !== "deployed") return undefined
	if (state.measuredAt === null) return due(state.deployedAt, path.measureMs) ? "measure" : undefined
	if (path.rollback === undefined || state.rollbackFinishedAt !== null) return undefined
	return due(state.rollbackStartedAt, path.rollback.ms) ? "finish_rollback" : undefined
}
