import { Octokit } from "@octokit/rest"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"

export interface GitHubWorkflow {
	/** `owner/name: workflow`, for plans and logs. */
	readonly name: string
	/** @throws ObservatoryError */
	set(enabled: boolean): Promise<void>
}

export interface GitHubOptions {
	/** `owner/name`. */
	readonly repository: string
	/** The workflow's file name, such as autonomous-analysis.yml, or the name that it gives itself. */
	readonly workflow: string
	readonly token: string
	readonly apiUrl: string
}

/** One workflow of one repository, which can be disabled and enabled. */
export function createGitHubWorkflow({ repository, workflow, token, apiUrl }: GitHubOptions): GitHubWorkflow {
	const [owner = "", repo = ""] = repository.split("/")
	const octokit = new Octokit({ auth: token, baseUrl: apiUrl, request: { timeout: 10_000 } })
	const name = `${repository}: ${workflow}`

	const find = async (): Promise<number> => {
		const { data } = await octokit.rest.actions.listRepoWorkflows({ owner, repo, per_page: 100 })
		const found = data.workflows.find(
			(one) => one.name === workflow || one.path.endsWith(`/${workflow}`) || one.path.endsWith(`/${workflow}.yml`),
		)
		if (found) return found.id
		throw new ObservatoryError("not_found", `${repository} has no workflow ${workflow}`)
	}
	return {
		name,
		async set(enabled) {
			try {
				const which = { owner, repo, workflow_id: await find(), request: { signal: AbortSignal.timeout(15_000) } }
				await (enabled ? octokit.rest.actions.enableWorkflow(which) : octokit.rest.actions.disableWorkflow(which))
			} catch (error) {
				throw new ObservatoryError(
					"source_rejected",
					`GitHub did not ${enabled ? "enable" : "disable"} ${name}: ${messageOf(error)}`,
					{
						advice: "The token needs the permission actions: write on the repository.",
						cause: error,
					},
				)
			}
		},
	}
}
