import { Console } from "./console.js";
import { fetchServices } from "./services.js";
import { explain } from "./failure.js";
import { Banner } from "./views/banner.js";

const banner = new Banner();

try {
  const services = await fetchServices();
  new Console(services, banner);
} catch (problem) {
  banner.show(explain(problem));
}
