import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { peerUser } from "../../../core/lib/peer-user.ts"
import { cleanText } from "../../../core/lib/plain-text.ts"
import { normalName, personName } from "../../domain/access/names.ts"
import { findSignInLink } from "../../store/sign-in-links.ts"
import { mayUseName } from "../../store/tokens.ts"
import { type Guard, personByToken } from "../http/guard.ts"
import { smallBody } from "../http/input.ts"
import type { Call, Route } from "../http/route.ts"
import { closeSession, findSession, openSession, SESSION_COOKIE, SESSION_MS, sessionToken } from "../http/sessions.ts"
import { signInPage } from "./pages/sign-in.ts"

const form = z.object({
	actor: z.string().max(200).catch("").transform(normalName),
	token: z.string().trim().max(1_000).catch(""),
	link: z.string().max(200).catch(""),
	next: z.string().catch("/"),
})

/** Only a path of our own: `//host` and `/\host` would lead to another site. */
const ownPath = (next: unknown): string =>
	typeof next === "string" && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && next.length < 500 ? next : "/"

/** `secure`: people reach the console over https, so the cookie is https only. */
export const signInRoutes = (guard: Guard, secure: boolean): readonly Route[] => [
	{
		method: "GET",
		path: "/sign-in",
		access: "public",
		answer: "page",
		handle: async ({ ctx, req, res }) => {
			const next = ownPath(req.query.next)
			const { link } = form.parse(req.query)
			const session = sessionToken(req.headers.cookie)
			if (session && (await findSession(ctx, session, await peerUser(req.socket)))) return void res.redirect(303, next)
			res.set("cache-control", "no-store")
			if (link === "") return void res.send(signInPage({ next }))
			// Programs that preview links only GET, so this uses nothing up: the page's form does.
			const { actor, tokenId } = await findSignInLink(ctx, link)
			res.send(signInPage({ next, link, actor, named: tokenId !== null }))
		},
	},
	{ method: "POST", path: "/sign-in", access: "public", answer: "page", handle: (call) => signIn(call, guard, secure) },
	{
		method: "POST",
		path: "/sign-out",
		access: "viewer",
		answer: "page",
		handle: async ({ ctx, req, res, caller }) => {
			const session = sessionToken(req.headers.cookie)
			if (session) await closeSession(ctx, { token: session, by: caller })
			res.clearCookie(SESSION_COOKIE, { path: "/" }).redirect(303, "/sign-in")
		},
	},
]

async function signIn({ ctx, req, res }: Call, guard: Guard, secure: boolean): Promise<void> {
	refuseOtherSites(req.get("sec-fetch-site"))
	const input = form.parse(await smallBody(req, res))
	const typed = cleanText(input.actor)
	const next = ownPath(input.next)
	const { link } = input
	const address = req.ip ?? null
	const person = link === "" ? await personByToken(guard, input.token, address ?? "") : await findSignInLink(ctx, link)
	const refuse = (status: number, problem: string) =>
		void res
			.status(status)
			.send(signInPage({ next, problem, actor: typed, ...(link !== "" && { link, named: false }) }))
	if (!person) {
		ctx.log.warn({ address, actor: typed }, "sign-in with a wrong token")
		return refuse(401, "This token is not known.")
	}
	// A personal token has a name; the shared one has none.
	const actor = person.tokenId === null ? typed : person.actor
	if (person.tokenId === null) {
		if (!typed) return refuse(400, "Enter your name: the console token is shared, and the audit log records the name.")
		const { error } = personName.safeParse(input.actor)
		if (error) return refuse(400, `This cannot be a name: ${error.issues[0]?.message}.`)
		if (!(await mayUseName(ctx, typed)))
			return refuse(
				400,
				`The name ${typed} belongs to a personal token, or looks like its name: sign in with that token, or enter another name.`,
			)
	}
	const clientUid = await peerUser(req.socket)
	const session = await openSession(
		ctx,
		{ ...person, actor, address },
		{ clientUid, link: link === "" ? undefined : link },
	)
	res
		.cookie(SESSION_COOKIE, session, { httpOnly: true, sameSite: "lax", secure, path: "/", maxAge: SESSION_MS })
		.redirect(303, next)
}

/** Before the sign-in there is no session, so no form token; browsers send the form's origin. */
function refuseOtherSites(site: string | undefined): void {
	if (site !== undefined && site !== "same-origin" && site !== "none")
		throw new ObservatoryError("forbidden", "This form was sent from another site.")
}
