import { Octokit } from "@octokit/rest"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { withTimeout } from "../../core/lib/timeout.ts"

export interface GitHubWorkflow {
	/** `owner/name: workflow`, for plans and logs. */
	readonly name: string
	/** Whether it can run: neither a person nor GitHub has disabled it. @throws ObservatoryError */
	enabled(): Promise<boolean>
	/** @throws ObservatoryError */
	set(enabled: boolean): Promise<void>
}

export interface GitHubOptions {
	/** `owner/name`. */
	readonly repository: string
	/** The workflow's file name, such as autonomous-analysis.yml, or its `name`. */
	readonly workflow: string
	readonly token: string
	readonly apiUrl: string
}

/** The time limit for GitHub. Two of these are shorter than the wait for the lock of the control state. */
const PATIENCE_MS = 5_000

/** One workflow of one repository. It can be disabled and enabled. */
export function createGitHubWorkflow(options: GitHubOptions): GitHubWorkflow {
	const { repository, workflow, token, apiUrl } = options
	const [owner = "", repo = ""] = repository.split("/")
	const octokit = new Octokit({ auth: token, baseUrl: apiUrl })
	const name = `${repository}: ${workflow}`

	const find = async (signal: AbortSignal) => {
		const { data } = await octokit.rest.actions.listRepoWorkflows({ owner, repo, per_page: 100, request: { signal } })
		const found = data.workflows.find(
			(one) => one.name === workflow || one.path.endsWith(`/${workflow}`) || one.path.endsWith(`/${workflow}.yml`),
		)
		if (found) return found
		throw new ObservatoryError("not_found", `${repository} has no workflow ${workflow}`)
	}
	const ask = async <T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
		try {
			return await withTimeout({ ms: PATIENCE_MS, message: `no answer within ${PATIENCE_MS / 1000} s` }, work)
		} catch (error) {
			throw new ObservatoryError("source_rejected", `GitHub did not ${what} ${name}: ${messageOf(error)}`, {
				advice: "The token needs the permission actions: write on the repository.",
				cause: error,
			})
		}
	}
	return {
		name,
		enabled: () => ask("show", async (signal) => !(await find(signal)).state?.startsWith("disabled")),
		set: (enabled) =>
			ask(enabled ? "enable" : "disable", async (signal) => {
				const which = { owner, repo, workflow_id: (await find(signal)).id, request: { signal } }
				await (enabled ? octokit.rest.actions.enableWorkflow(which) : octokit.rest.actions.disableWorkflow(which))
			}),
	}
}
