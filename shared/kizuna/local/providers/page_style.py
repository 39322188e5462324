"""The style sheet of the outbox page. No script, no font and no picture comes from anywhere."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #faf8f5; --card: #fff; --ink: #23201d; --soft: #756e66; --line: #e6e0d8;
  --accent: #b3261e; --email: #2a5fa5; --sms: #2d7d46; --push: #8a4fb0; --topic: #8a6d1f;
  --good: #2d7d46; --bad: #b3261e; --warn: #96690a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191715; --card: #221f1c; --ink: #ece7e1; --soft: #a1988e; --line: #38332e;
    --accent: #f2857d; --email: #86b3ee; --sms: #80cf9a; --push: #cfa0ee; --topic: #dcc069;
    --good: #80cf9a; --bad: #f2857d; --warn: #e3b65a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 68rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Hiragino Sans", "Noto Sans JP", sans-serif;
}
a { color: inherit; text-underline-offset: .2em; }
header { display: flex; align-items: baseline; gap: .9rem; flex-wrap: wrap; }
header .kanji { color: var(--accent); font-size: 1.9rem; line-height: 1; }
h1 { font-size: 1.5rem; margin: 0; font-weight: 650; overflow-wrap: anywhere; }
h2 { font-size: .8rem; margin: 0 0 .6rem; color: var(--soft); font-weight: 600; letter-spacing: .04em; }
header .right { margin-left: auto; display: flex; gap: 1rem; font-size: .9rem; }
p.lead { color: var(--soft); margin: .3rem 0 1.4rem; }
nav { display: flex; gap: .4rem; align-items: center; flex-wrap: wrap; margin-bottom: 1rem; }
nav a.tab { text-decoration: none; padding: .3rem .75rem; border-radius: 99px;
  border: 1px solid var(--line); }
nav a.tab.on { background: var(--ink); color: var(--paper); border-color: var(--ink); }
nav a.tab small { opacity: .7; margin-left: .25rem; font-variant-numeric: tabular-nums; }
nav form { margin-left: auto; display: flex; gap: .4rem; }
input, button {
  font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; padding: .3rem .7rem;
}
button { cursor: pointer; } button:hover { border-color: var(--soft); }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.2rem;
  margin-bottom: 1rem; overflow-wrap: anywhere;
}
ul.messages { list-style: none; margin: 0; padding: 0; overflow: hidden; }
ul.messages.card { padding: 0; }
ul.messages li + li { border-top: 1px solid var(--line); }
ul.messages a {
  display: grid; grid-template-columns: 5.2rem 14rem 1fr auto; gap: 1rem; padding: .7rem 1.2rem;
  text-decoration: none; align-items: baseline;
}
ul.messages a:hover { background: color-mix(in srgb, var(--ink) 4%, transparent); }
.what { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.what span { color: var(--soft); }
.who { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
time { color: var(--soft); font-variant-numeric: tabular-nums; font-size: .85rem; white-space: nowrap; }
.meta { display: flex; gap: .4rem; align-items: baseline; justify-content: flex-end; }
.channel { font-size: .78rem; font-weight: 650; }
.channel::before { content: ""; display: inline-block; width: .55em; height: .55em; border-radius: 50%;
  background: currentColor; margin-right: .45em; }
.email { color: var(--email); } .sms { color: var(--sms); }
.push { color: var(--push); } .topic { color: var(--topic); }
.badge { font-size: .74rem; padding: .05rem .5rem; border-radius: 99px; border: 1px solid currentColor;
  white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); }
.warn { color: var(--warn); } .soft { color: var(--soft); }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; align-items: start; }
@media (max-width: 52rem) {
  .two { grid-template-columns: 1fr; gap: 0; }
  ul.messages a { grid-template-columns: 1fr auto; } .what { grid-column: 1 / -1; }
  nav form { margin-left: 0; }
}
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere;
  font: 13px/1.5 ui-monospace, Menlo, monospace; }
pre.text { font: inherit; }
iframe { width: 100%; height: 26rem; border: 1px solid var(--line); border-radius: .5rem; background: #fff; }
.acts { display: flex; gap: .5rem; flex-wrap: wrap; } .acts form { display: flex; gap: .4rem; }
ol.reports { list-style: none; margin: 0; padding: 0; }
ol.reports li { display: flex; gap: .8rem; align-items: baseline; padding: .12rem 0; }
ul.links { list-style: none; margin: 0; padding: 0; }
ul.links li { display: flex; gap: .6rem; align-items: baseline; padding: .15rem 0; }
ul.links form { flex: none; } ul.links button { font-size: .78rem; padding: .05rem .5rem; }
summary { cursor: pointer; color: var(--soft); font-size: .85rem; } details pre { margin-top: .7rem; }
footer { color: var(--soft); font-size: .85rem; display: flex; gap: 1.2rem; flex-wrap: wrap;
  margin-top: 1.5rem; }
.pages { display: flex; justify-content: space-between; }
"""
