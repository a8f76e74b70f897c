import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { fetchPackages } from "../packages/fetch.ts"
import { installReleases } from "../packages/install.ts"
import { type Program, thisPlatform, titleOf } from "../packages/releases.ts"
import type { Step } from "../parts/part.ts"
import type { Plan } from "./plan.ts"
import { notHere } from "./servers.ts"

/** Debian has no Grafana. */
const IN_DEBIAN: readonly Program[] = ["prometheus", "alertmanager"]

/** `--install`: fetches the missing servers from their makers; where that fails, from Debian. */
export function packagesPart(plan: Plan): Step {
	return {
		kind: "step",
		name: "packages",
		title: "Packages",
		needs: [],
		async run(report, signal) {
			const wanted = notHere(plan)
			if (wanted.length === 0) return "nothing to fetch"
			const { home, settings } = plan
			const source = {
				packages: home.packages,
				platform: thisPlatform(),
				mirror: settings.DOWNLOAD_MIRROR,
				folder: settings.DOWNLOAD_FOLDER,
			}
			const { installed, failed } = await installReleases(wanted, source, report, signal)
			const outcome = [...installed]
			const fallback = IN_DEBIAN.filter((program) => failed.has(program))
			if (fallback.length > 0) outcome.push(await fromDebian(plan, fallback, failed, report, signal))
			const reason = failed.get("grafana")
			if (reason !== undefined) outcome.push(`without Grafana (${reason}; bring your own on the PATH)`)
			return outcome.join("; ")
		},
	}
}

/** What was fetched, and what that means. */
async function fromDebian(
	plan: Plan,
	programs: readonly Program[],
	failed: ReadonlyMap<Program, string>,
	report: (progress: string) => void,
	signal: AbortSignal,
): Promise<string> {
	const titles = programs.map(titleOf).join(" and ")
	const reasons = [...new Set(programs.map((program) => failed.get(program)))].join("; ")
	if (!plan.machine.hasApt)
		throw new ObservatoryError("dependency_missing", `${titles} cannot be fetched: ${reasons}`, {
			advice: `Put ${programs.join(" and ")} on the PATH, or the archives into a folder and name it in DOWNLOAD_FOLDER.`,
		})
	try {
		await fetchPackages(plan.home.packages, plan.env, report, signal)
	} catch (error) {
		signal.throwIfAborted()
		throw new ObservatoryError("dependency_missing", `${titles} cannot be fetched: ${reasons}; ${messageOf(error)}`, {
			advice:
				"Check the network, name a mirror in DOWNLOAD_MIRROR or a folder of archives in DOWNLOAD_FOLDER, then run npm start -- --install again.",
			cause: error,
		})
	}
	return `${titles} of Debian, older and without security fixes of the makers (${reasons})`
}
