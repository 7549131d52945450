"use client";

import dynamic from "next/dynamic";

/** The client is made for browsers, so the server renders nothing of it. */
const Voice = dynamic(() => import("./voice").then(({ Voice }) => Voice), { ssr: false });

export default function Page() {
  return <Voice />;
}
