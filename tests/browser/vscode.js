// A notebook's outputs as the widget manager of VS Code's Jupyter extension shows them. The manager and the kernel's
// connection are the package's own; this page stands in for the editor around them: it asks a Jupyter server for a
// kernel, runs cells, and puts their outputs where VS Code puts them.
import {activate, modules, required} from "./ipywidgets.js";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const here = new URL(location.href);
const token = here.searchParams.get("token");
const told = {asked: [], failed: [], classes: []};

// what VS Code has of RequireJS: names that were defined are known, any other would have to be loaded
const defined = {};
window.define = (name, make) => { defined[name] = make(); };
window.requirejs = (names, done, failed) =>
    names.every(name => name in defined) ? done(...names.map(name => defined[name])) : failed(new Error(`no ${names}`));

// VS Code would look for an unknown module in the kernel's environment, then on a CDN: what it would fetch is told
const loader = {
    widgetsRegisteredInRequireJs: new Set(),
    loadWidgetScript: async (name, version) => { told.asked.push(`${name}@${version}`); },
    successHandler: (name) => { told.classes.push(name); },
    errorHandler: (name, module) => { told.failed.push(`${module}: ${name}`); },
};

activate();
window.vscIPyWidgets8.load();

const part = (holds) => {
    const found = Object.keys(modules).filter(id => String(modules[id]).includes(`t.${holds}=void 0`));
    return found.map(id => required(Number(id))).find(one => one[holds])[holds];
};
const settings = part("ServerConnection").makeSettings({
    baseUrl: here.origin, wsUrl: here.origin.replace("http", "ws"), token, appendToken: true,
});

async function started(path) {
    const asked = {path, name: path, type: "notebook", kernel: {name: "python3"}};
    const headers = {Authorization: `token ${token}`, "Content-Type": "application/json"};
    const answer = await fetch("/api/sessions", {method: "POST", headers, body: JSON.stringify(asked)});
    const {kernel} = await answer.json();
    return new (part("KernelConnection"))({model: kernel, serverSettings: settings, handleComms: true});
}

const kernel = await started(here.searchParams.get("notebook"));
await kernel.info;
const manager = new window.vscIPyWidgets.WidgetManager(kernel, undefined, loader, () => {});

function made(name, within) {
    const node = document.createElement("div");
    node.className = name;
    within.append(node);
    return node;
}

async function shown(data, within) {
    const output = made("output", within);
    if (data[WIDGET]) {
        const place = made("cell-output-ipywidget-background", made("cell-output-ipywidget-background", output));
        const model = await manager.get_model(data[WIDGET].model_id);
        await manager.display_view(data, await manager.create_view(model, {el: place}), {node: place});
    } else if (data["text/html"]) {
        made("rendered", output).innerHTML = data["text/html"];
    } else {
        made("rendered", output).textContent = data["text/plain"] ?? "";
    }
}

function late() {
    return new Promise((_, fail) => setTimeout(() => fail(new Error("the kernel does not answer")), 240_000));
}

async function run(code) {
    const within = made("output_container", made("cell_container", document.getElementById("container")));
    let last = Promise.resolve(), failed = "";
    const future = kernel.requestExecute({code, stop_on_error: true}, true);
    future.onIOPub = ({header, content}) => {
        if (["display_data", "execute_result"].includes(header.msg_type)) {
            last = last.then(() => shown(content.data, within));
        } else if (header.msg_type === "error") {
            failed = content.traceback.join("\n");
        }
    };
    await Promise.race([future.done.then(() => last), late()]);
    return failed;
}

window.notebook = {run, told, end: () => kernel.shutdown().then(() => kernel.dispose())};
window.ready = true;
