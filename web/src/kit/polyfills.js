// What Chrome 80 lacks and the Svelte runtime or these pages use. Inlined before the module.
(function () {
  function add(object, name, value) {
    if (!object[name])
      Object.defineProperty(object, name, { value: value, configurable: true, writable: true });
  }
  add(String.prototype, 'replaceAll', function (from, to) {
    return from instanceof RegExp ? this.replace(from, to) : this.split(from).join(to);
  });
  function at(index) {
    var i = Math.trunc(index) || 0;
    return this[i < 0 ? i + this.length : i];
  }
  add(Array.prototype, 'at', at);
  add(String.prototype, 'at', at);
  add(Object, 'hasOwn', function (object, key) {
    return Object.prototype.hasOwnProperty.call(object, key);
  });
  add(window, 'structuredClone', function (value) {
    return value === undefined ? value : JSON.parse(JSON.stringify(value));
  });
  if (window.crypto)
    add(window.crypto, 'randomUUID', function () {
      return '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, function (c) {
        var random = window.crypto.getRandomValues(new Uint8Array(1))[0];
        return (c ^ (random & (15 >> (c / 4)))).toString(16);
      });
    });
})();
