/**
 * Every place at which a death matters: between two effects that must both come about, or neither. `recorded` is within
 * a transaction, right before its commit; `committed` is right after it, before anybody learns of it.
 */
export const CRASH_POINTS = [
	"intake.parsed",
	"intake.recorded",
	"intake.committed",
	/** Whether the action can be done was looked at; nothing is decided. */
	"proposal.looked",
	"proposal.recorded",
	"proposal.committed",
	/** A person has approved or refused. */
	"answer.recorded",
	"answer.committed",
	/** This process alone may do the action; nothing is done. */
	"remediation.claiming",
	"remediation.claimed",
	/** The action has run; nothing says so. */
	"remediation.acted",
	"remediation.recorded",
	"remediation.committed",
	"verification.looked",
	"verification.recorded",
	"verification.committed",
	/** Somebody is to be told; nothing says so. */
	"escalation.due",
	"escalation.recorded",
	"escalation.committed",
	/** What is to be told is known; Alertmanager has nothing of it. */
	"notices.read",
	/** Alertmanager has it; nothing says so. */
	"notices.posted",
	"notices.marked",
	"acknowledgement.recorded",
	"acknowledgement.committed",
	"closing.recorded",
	"closing.committed",
	/** A window was opened or ended; nothing follows from it yet. */
	"maintenance.changed",
	/** What a window takes back, or gives back. */
	"maintenance.recorded",
	"maintenance.committed",
	/** What sessions may do has changed; neither they nor the workflow know. */
	"control.recorded",
	"control.committed",
	/** Sessions are to be held, and known to go on again; none is held. */
	"sessions.remembered",
	/** Sessions were ended, held or let go on; nothing says so. */
	"sessions.told",
	/** The workflow counts as disabled by us; it is enabled. */
	"workflow.claimed",
	/** GitHub has done it; nothing says so. */
	"workflow.told",
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** Where a process is to die: at a step, the n-th time that it gets there. */
export interface Crash {
	readonly step: CrashPoint
	readonly passing: number
}

/** Reads `STEP` or `STEP:N`; undefined when it is neither. */
export function parseCrash(text: string): Crash | undefined {
	const [, name, passing = "1"] = /^([a-z.]+)(?::([1-9]\d{0,5}))?$/.exec(text) ?? []
	const step = CRASH_POINTS.find((known) => known === name)
	return step && { step, passing: Number(passing) }
}

/** Told of every step as it is reached. */
export type CrashHook = (point: CrashPoint) => void

/** What proves that nothing is lost or doubled when a process dies: it dies where it is told to, without a word. */
export function crashAt({ step: wanted, passing }: Crash, die: () => void): CrashHook {
	let left = passing
	return (step) => {
		if (step === wanted && --left === 0) die()
	}
}

/** Nothing happens at any step: how every process runs that is not on trial. */
export const NO_CRASH: CrashHook = () => undefined

/** Ends this process as a power cut would: nothing runs after this call, and nothing is tidied up. */
export const killProcess = (): void => {
	process.kill(process.pid, "SIGKILL")
}
