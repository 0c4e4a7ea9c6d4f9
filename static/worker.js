// Where a worker begins: with the WebAssembly of the page that starts it, which hands it over compiled.

self.onmessage = async ({ data: { script, module } }) => {
  self.onmessage = null;
  const { initSync } = await import(script);
  initSync({ module });
};
