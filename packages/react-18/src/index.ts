export { createElement, StrictMode, useEffect, version } from "react";
export { createRoot } from "react-dom/client";
