import { Console } from "./console.js";
import { fetchServices } from "./services.js";
import { Banner, describe } from "./views/banner.js";

const banner = new Banner();

try {
  const services = await fetchServices();
  new Console(services, banner);
} catch (problem) {
  banner.show(`The page could not start: ${describe(problem)}`);
}
