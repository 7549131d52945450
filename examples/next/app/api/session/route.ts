/** Where a secret is minted; `OPENAI_BASE_URL` is for services that speak the same protocol, such as the local one. */
const REALTIME = `${process.env.OPENAI_BASE_URL ?? "https://api.openai.com/v1"}/realtime`;

/** The key stays here: the page gets a secret that expires. Ask here who the user is. */
export async function POST() {
  const answer = await fetch(`${REALTIME}/client_secrets`, {
    method: "POST",
    headers: { Authorization: `Bearer ${process.env.OPENAI_API_KEY ?? ""}`, "Content-Type": "application/json" },
    body: JSON.stringify({ session: { type: "realtime", model: "gpt-realtime" } }),
  });
  return Response.json(await answer.json(), { status: answer.status });
}
