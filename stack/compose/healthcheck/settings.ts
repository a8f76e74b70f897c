import { z } from "zod"
import { listenAddress } from "../../../core/lib/config.ts"

/** Environment variables of the image's health check: the addresses of the programs. */
export const healthcheckSchema = z.object({
	EXPORTERS_LISTEN: listenAddress("127.0.0.1:9464"),
	WEBHOOK_LISTEN: listenAddress("127.0.0.1:9099"),
})
