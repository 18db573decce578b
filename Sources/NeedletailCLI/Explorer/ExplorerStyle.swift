/// The style sheet of the page.
enum ExplorerStyle {
  static let text = """
    :root {
      color-scheme: light dark;
      --ground: light-dark(#fbfbfa, #15171b); --panel: light-dark(#ffffff, #1b1e24); --raised: light-dark(#f1f1ee, #23272f);
      --edge: light-dark(#e2e1dc, #2e333d); --ink: light-dark(#23262b, #d7dae0); --quiet: light-dark(#80838a, #7d8491);
      --accent: light-dark(#0b6bcb, #6cb2ff); --number: light-dark(#9a5b00, #e0b070); --name: light-dark(#7a3e9d, #c99bee);
      --string: light-dark(#2c7a3f, #8fce9b); --register: light-dark(#0f7a7a, #74cfc9); --label: light-dark(#b03060, #ff8fb0);
      --trap: light-dark(#b3261e, #ff8a80); --hover: light-dark(#fff2c4, #453d1d); --pin: light-dark(#ffe49a, #5d5120);
      --row: 18px;
    }
    * { box-sizing: border-box; }
    html, body { height: 100%; margin: 0; }
    body {
      display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
      font: 13px/1.4 system-ui, sans-serif;
    }
    header {
      display: flex; align-items: center; gap: 10px; padding: 8px 14px; border-bottom: 1px solid var(--edge);
      background: var(--panel);
    }
    header h1 { font-size: 14px; margin: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    header h1 small { font-weight: 400; color: var(--quiet); }
    .chip {
      padding: 1px 8px; border-radius: 9px; background: var(--raised); color: var(--quiet); font-size: 12px;
      white-space: nowrap;
    }
    #facts { display: flex; gap: 6px; overflow: hidden; }
    .space { flex: 1; }
    button {
      font: inherit; font-size: 12px; color: var(--ink); background: var(--panel); border: 1px solid var(--edge);
      border-radius: 6px; padding: 2px 9px; cursor: pointer;
    }
    button:hover { border-color: var(--accent); }
    button[aria-pressed="true"] { background: var(--raised); color: var(--accent); border-color: var(--accent); }
    main { flex: 1; min-height: 0; display: flex; }
    #functions { width: 270px; flex: none; display: flex; flex-direction: column; background: var(--panel); }
    #functions .tools { padding: 8px; display: flex; gap: 6px; border-bottom: 1px solid var(--edge); }
    #functions input, #functions select {
      font: inherit; color: var(--ink); background: var(--ground); border: 1px solid var(--edge); border-radius: 6px;
      padding: 3px 7px; min-width: 0;
    }
    #functions input { flex: 1; }
    #list { flex: 1; overflow: auto; position: relative; outline: none; }
    .f {
      position: absolute; left: 0; right: 0; height: 26px; padding: 4px 10px; display: flex; gap: 8px; cursor: pointer;
      white-space: nowrap;
    }
    .f:hover { background: var(--raised); }
    .f.current { background: var(--raised); box-shadow: inset 3px 0 var(--accent); }
    .f.absent .n { color: var(--quiet); font-style: italic; }
    .f .x { color: var(--quiet); width: 4.2em; flex: none; text-align: right; font-variant-numeric: tabular-nums; }
    .f .n { flex: 1; overflow: hidden; text-overflow: ellipsis; }
    .f .z { color: var(--quiet); font-variant-numeric: tabular-nums; }
    .split { width: 5px; flex: none; cursor: col-resize; background: var(--ground); border-inline: 1px solid var(--edge); }
    .split:hover { background: var(--raised); }
    .pane { flex: 1 1 0; min-width: 60px; display: flex; flex-direction: column; background: var(--panel); }
    .pane.hidden, .split.hidden { display: none; }
    .pane h2 {
      margin: 0; padding: 5px 12px; font-size: 12px; font-weight: 600; border-bottom: 1px solid var(--edge);
      display: flex; gap: 8px; white-space: nowrap; overflow: hidden;
    }
    .pane h2 small { font-weight: 400; color: var(--quiet); }
    .code {
      flex: 1; overflow: auto; padding: 6px 0; tab-size: 2;
      font: 12px/var(--row) ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace;
    }
    .chunk { min-width: max-content; }
    .l { height: var(--row); white-space: pre; padding-right: 16px; border-left: 4px solid transparent; cursor: default; }
    .l.linked { cursor: pointer; border-left-color: var(--band); }
    .l.none .t { opacity: .5; }
    .l.hover { background: var(--hover); }
    .l.pin { background: var(--pin); }
    .g { display: inline-block; width: 7ch; margin-right: 1.5ch; text-align: right; color: var(--quiet); opacity: .75; user-select: none; }
    .b { display: inline-block; width: 25ch; color: var(--quiet); opacity: .8; overflow: hidden; vertical-align: top; }
    body:not(.bytes) .b { display: none; }
    .c { color: var(--quiet); } .s { color: var(--string); } .i { color: var(--name); } .n { color: var(--number); }
    .f .n { color: inherit; }
    .k { color: var(--accent); } .r { color: var(--register); } .m { color: var(--label); } .e { color: var(--trap); }
    a { color: inherit; text-decoration: underline dotted; }
    .message { padding: 14px; color: var(--quiet); white-space: pre-wrap; font: 13px/1.4 system-ui, sans-serif; }
    """
}
