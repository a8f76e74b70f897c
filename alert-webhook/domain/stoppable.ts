/** A host's gate answers at least this often, in milliseconds. */
const HOST_SILENT_MS = 20_000
/** A new session's gate answers within this time, in milliseconds: at the first prompt. */
const FIRST_ANSWER_MS = 30_000
/** How much later than its gate's last answer a session may be active: the model writes without a tool. */
const QUIET_MS = 120_000

/** A session that a source shows at work. Times in milliseconds since the epoch. */
export interface SeenSession {
	readonly id: string
	/** The source that shows it, such as transcript or telemetry. */
	readonly source: string
	readonly startedAt: number
	readonly activeAt: number
}

/** The latest answer of a gate. Times are those of the challenges. */
export interface GateAnswer {
	readonly kind: "host" | "session"
	readonly id: string
	readonly host: string
	readonly answeredAt: number | undefined
	readonly problem: string | null
}

/** A host or a session that a stop would not reach through the gate. */
export interface Unstoppable {
	readonly kind: "host" | "session" | "source"
	readonly id: string
	readonly reason: string
}

export interface Stoppable {
	/** The share of what is seen that a stop would reach; 1 when nothing is seen. */
	readonly ratio: number
	readonly seen: number
	readonly outside: readonly Unstoppable[]
}

/**
 * Compares every host and session that is seen with the gates that answered. `unreadable` names sources that cannot be
 * read: each counts as one that a stop would not reach, because its sessions are not known.
 */
export function compareStoppable(input: {
	readonly sessions: readonly SeenSession[]
	readonly answers: readonly GateAnswer[]
	readonly unreadable: readonly string[]
	readonly now: number
}): Stoppable {
	const { sessions, answers, unreadable, now } = input
	const hosts = answers.filter(({ kind }) => kind === "host")
	const hostProblems = new Map(hosts.map((host) => [host.id, hostProblem(host, now)]))
	const answerOf = new Map(answers.filter(({ kind }) => kind === "session").map((answer) => [answer.id, answer]))
	const outside: Unstoppable[] = [
		...unreadable.map((reason): Unstoppable => ({ kind: "source", id: "sessions", reason })),
		...[...hostProblems].flatMap(([id, reason]) => (reason ? [{ kind: "host" as const, id, reason }] : [])),
		...sessions.flatMap((session) => {
			const reason = sessionProblem(session, answerOf.get(session.id), hostProblems, now)
			return reason ? [{ kind: "session" as const, id: session.id, reason }] : []
		}),
	]
	const seen = hosts.length + sessions.length + unreadable.length
	return { ratio: seen === 0 ? 1 : (seen - outside.length) / seen, seen, outside }
}

function hostProblem({ answeredAt, problem }: GateAnswer, now: number): string | undefined {
	if (problem !== null) return problem
	if (answeredAt === undefined) return "its gate never answered"
	const silent = now - answeredAt
	return silent > HOST_SILENT_MS ? `its gate has not answered for ${seconds(silent)}` : undefined
}

function sessionProblem(
	{ source, startedAt, activeAt }: SeenSession,
	answer: GateAnswer | undefined,
	hostProblems: ReadonlyMap<string, string | undefined>,
	now: number,
): string | undefined {
	if (answer?.answeredAt === undefined)
		return now - startedAt > FIRST_ANSWER_MS ? `${source} shows it, and no gate ever answered for it` : undefined
	if (activeAt - answer.answeredAt > QUIET_MS)
		return `${source} shows it active ${seconds(activeAt - answer.answeredAt)} after its gate on ${answer.host} last answered`
	return hostProblems.get(answer.host) ? `the gate of its host ${answer.host} does not answer` : undefined
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`
