import { PeriodicTask } from "../../../core/lib/periodic.ts"
import type { Context } from "../../context.ts"
import { type ReconcileOptions, Reconciler } from "./reconcile.ts"

export interface Reconciling {
	/** Compares now, and ingests missing alerts at once: Alertmanager has left some out. */
	runSoon(): void
	close(): Promise<void>
}

/** Compares incidents with Alertmanager's alerts at once and then every `everyMs`. */
export function startReconciling(ctx: Context, options: ReconcileOptions & { readonly everyMs: number }): Reconciling {
	const reconciler = new Reconciler(ctx, options)
	const loop = new PeriodicTask("comparing incidents with Alertmanager", options.everyMs, ctx.log, () =>
		reconciler.run(),
	)
	return {
		runSoon() {
			reconciler.runSoon()
			loop.wake()
		},
		close: () => loop.close(),
	}
}
