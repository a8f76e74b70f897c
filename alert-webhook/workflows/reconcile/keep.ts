import type { Context } from "../../context.ts"
import { Loop } from "../periodic.ts"
import { type ReconcileOptions, Reconciler } from "./reconcile.ts"

export interface Reconciling {
	/** Compares now, and takes in at once what is missing: Alertmanager has said that it left alerts out. */
	hurry(): void
	close(): Promise<void>
}

/** Compares incidents with Alertmanager's alerts at once and then every `everyMs`. */
export function keepReconciled(ctx: Context, options: ReconcileOptions & { readonly everyMs: number }): Reconciling {
	const reconciler = new Reconciler(ctx, options)
	const loop = new Loop("comparing incidents with Alertmanager", options.everyMs, ctx.log, () => reconciler.run())
	return {
		hurry() {
			reconciler.hurry()
			loop.wake()
		},
		close: () => loop.close(),
	}
}
