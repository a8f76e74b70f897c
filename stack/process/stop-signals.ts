import { readFileSync } from "node:fs"

/** Why the runner was asked to stop. */
export type StopReason = NodeJS.Signals | "npm is gone"

/**
 * Resolves at the first request to stop. npm passes Ctrl-C on, so that it arrives twice; only a repetition after a
 * second means impatience, and ends this process at once, whereupon the reaper ends the rest.
 */
export function stopRequested(parent: ParentWatch | undefined): Promise<StopReason> {
	return new Promise((resolve) => {
		let first: number | undefined
		const onSignal = (signal: StopReason) => {
			const now = performance.now()
			first ??= now
			if (now - first > 1_000) process.exit(1)
			resolve(signal)
		}
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => onSignal(signal))
		parent?.onGone(() => resolve("npm is gone"))
	})
}

/** Notices that the process above has ended. */
export interface ParentWatch {
	onGone(gone: () => void): void
}

/** npm, which does not signal its child when it is killed. It is the parent, or above the shell that is. */
export function watchNpm(): ParentWatch {
	const npm = isShell(process.ppid) ? (parentOf(process.ppid) ?? process.ppid) : process.ppid
	return {
		onGone(gone) {
			// No periodic task: it waits for one event, and must not keep the process alive.
			const timer = setInterval(() => {
				if (isRunning(npm)) return
				clearInterval(timer)
				gone()
			}, 500)
			timer.unref()
		},
	}
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0)
		return true
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM"
	}
}

const status = (pid: number, field: string): string | undefined => {
	try {
		return new RegExp(`^${field}:\\s*(.+)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
	} catch {
		// No /proc on this system; its sh replaces itself by the command, so the parent is npm.
		return undefined
	}
}
const isShell = (pid: number) => /^(?:sh|dash|bash|ash|zsh)$/.test(status(pid, "Name") ?? "")
const parentOf = (pid: number) => Number(status(pid, "PPid")) || undefined
