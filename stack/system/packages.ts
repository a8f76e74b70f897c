import { ObservatoryError } from "../../core/lib/errors.ts"
import { fetchPackages } from "../packages/fetch.ts"
import type { Step } from "../parts/part.ts"
import type { Plan } from "./plan.ts"
import { FETCHABLE, notHere } from "./servers.ts"

/** `--install`: fetches the missing servers. */
export function packagesPart(plan: Plan): Step {
	return {
		kind: "step",
		name: "packages",
		title: "Packages",
		needs: [],
		async run(report, signal) {
			const wanted = notHere(plan).filter((program) => FETCHABLE.includes(program))
			if (wanted.length === 0) return "nothing to fetch"
			if (!plan.machine.hasApt)
				throw new ObservatoryError("dependency_missing", "--install needs apt-get (Debian-based systems)", {
					advice: `Install ${wanted.join(" and ")} yourself (macOS: brew install prometheus alertmanager) so that they are on the PATH.`,
				})
			await fetchPackages(plan.home.packages, plan.env, report, signal)
			return `fetched ${wanted.join(" and ")}`
		},
	}
}
