import { z } from "zod"
import { listenAddress } from "../../../core/lib/config.ts"

/** What the image's health check reads: where the program beside it listens. */
export const healthcheckSchema = z.object({
	EXPORTERS_LISTEN: listenAddress("127.0.0.1:9464"),
	WEBHOOK_LISTEN: listenAddress("127.0.0.1:9099"),
})
