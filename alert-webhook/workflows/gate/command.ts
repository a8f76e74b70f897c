const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

export interface HookPaths {
	readonly node: string
	readonly script: string
	readonly flag: string
	/** How old the flag may be, in milliseconds. */
	readonly maxAgeMs: number
	/** Whether a stop lets calls wait: 2.1.197 denies a call, and does not end the session before a tool. */
	readonly waitsAtStop?: boolean
	/** How long a pause delays one call before it is denied, in seconds. */
	readonly longestWaitS?: number
}

/** Longer than a call waits for a person, in seconds. */
const APPROVAL_TIMEOUT_S = 560

/**
 * The command that asks a person about a call, guarded like the gate's own: only the script's own exit code lets a call
 * through.
 */
export function approvalCommand({ node, script, flag, maxAgeMs }: HookPaths): string {
	const hook = [node, script, flag, String(maxAgeMs)].map(quote).join(" ")
	const guarded = [
		"exec 3<&0",
		`sleep ${APPROVAL_TIMEOUT_S} 3<&- </dev/null >/dev/null 2>&1 & clock=$!`,
		`{ trap 'kill -9 $!; exit 2' TERM; ${hook} <&3 3<&- & wait $!; code=$?; kill $clock; exit $code; } & hook=$!`,
		"wait $clock 2>/dev/null && kill $hook",
		`wait $hook; case $? in ${ALLOW}) exit 0;; *) exit 2;; esac`,
	].join("; ")
	return `/usr/bin/env -i PATH=/usr/bin:/bin /bin/sh -c ${quote(guarded)}`
}

/** The exit codes of a hook. hook.mjs repeats them, because it imports nothing; a test compares. */
export const ALLOW = 86
/** The hook has written an answer that denies the call and ends the session. */
export const END = 87
/** Wait, then ask again: autonomous sessions are paused, or this version cannot end the session here. */
const WAIT = 88
const WAIT_STOPPED = 89
/** The time limit of one run of the hook in our command, in seconds. */
const HOOK_TIMEOUT_S = 5
/** By default, a pause delays one call this long, in seconds, and then denies it. */
const LONGEST_WAIT_S = 600
/** The command's timeout in Claude Code, in seconds. Older versions let the call through after that. */
export const CLAUDE_TIMEOUT_S = LONGEST_WAIT_S + 4 * HOOK_TIMEOUT_S

/**
 * The events at which Claude Code asks the gate. After a tool as well, because the model would be asked once more with
 * its result, also when the tool started long before the stop; and at a prompt, because that asks a model before any
 * tool: a new session's, or the one that reports the end of a subagent.
 */
export const EVENTS = ["PreToolUse", "PostToolUse", "UserPromptSubmit"] as const
export type GateEvent = (typeof EVENTS)[number]

/**
 * The command that Claude Code runs at an event: the hook, beside a timer that ends it. Node or the script may be on a
 * file system that hangs, and then the hook's own time limit never starts. Only a hook that exits with its own codes
 * lets the call through or answers for itself: one that was killed, is empty, or did not start, is a denial. (A prompt
 * is refused by a stop only: a doubt must not lose what a person typed, and no tool runs then anyway.) During a pause
 * the command asks again every few seconds. For any POSIX shell. Nothing stays behind,
 * except that a call whose session is killed waits to its end.
 *
 * The environment is empty except for a PATH: a repository's own settings set variables for hooks too, and NODE_OPTIONS
 * alone could end the hook with 0 before it has read anything.
 */
export function hookCommand(paths: HookPaths, event: GateEvent = "PreToolUse"): string {
	const { node, script, flag, maxAgeMs, waitsAtStop = false, longestWaitS = LONGEST_WAIT_S } = paths
	const words = [node, script, flag, String(maxAgeMs), event, waitsAtStop ? "wait" : "end"]
	const hook = words.map(quote).join(" ")
	const guarded = [
		// A background process of a shell has no standard input unless it is passed on.
		"exec 3<&0",
		`left=${longestWaitS}; wait=0; code=0`,
		`while :; do sleep ${HOOK_TIMEOUT_S} 3<&- </dev/null >/dev/null 2>&1 & clock=$!`,
		`{ trap 'kill -9 $!; exit 2' TERM; ${hook} "$left" "$code" <&3 3<&- & wait $!; code=$?; kill $clock; exit $code; } & hook=$!`,
		"wait $clock 2>/dev/null && { echo 'mcp-observatory: the gate did not answer in time' >&2; kill $hook; }",
		"wait $hook; code=$?",
		`case $code in ${ALLOW}|${END}) exit 0;; ${WAIT}|${WAIT_STOPPED}) ;; *) exit ${event === "UserPromptSubmit" ? 0 : 2};; esac`,
		"test $wait -lt 5 && wait=$((wait + 1))",
		"sleep $wait; left=$((left - wait)); done",
	].join("; ")
	// Without `exec`, which an exported shell function of that name would replace.
	return `/usr/bin/env -i PATH=/usr/bin:/bin /bin/sh -c ${quote(guarded)}`
}
