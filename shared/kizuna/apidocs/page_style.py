"""How the API page looks: one style sheet, nothing from elsewhere."""

STYLE = """
:root{color-scheme:light dark;--page:#f4f1ea;--card:#fffdf9;--ink:#23292e;--soft:#636058;--rule:#d9d3c6;
--act:#1f5f5b;--mark:#e7f0ee;--code:#f3efe6;--get:#1f5f5b;--post:#8a4b08;--options:#636058;--bad:#a1352c}
@media(prefers-color-scheme:dark){:root{--page:#15191b;--card:#1e2427;--ink:#eeeae1;--soft:#aaa59a;--rule:#3a4246;
--act:#8fd0c8;--mark:#24332f;--code:#171c1f;--get:#8fd0c8;--post:#f0b878;--options:#aaa59a;--bad:#f2a49b}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--ink);line-height:1.6;font-family:system-ui,-apple-system,"Segoe UI",
Roboto,"Hiragino Sans","Noto Sans JP",Meiryo,sans-serif;-webkit-text-size-adjust:100%}
.frame{display:grid;grid-template-columns:17rem minmax(0,1fr);max-width:80rem;margin:0 auto}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:2rem 1rem 2rem 1.5rem;
font-size:.9rem}
nav ol{list-style:none;margin:.25rem 0 1.25rem;padding:0}
nav li a{display:grid;grid-template-columns:2.9rem minmax(0,1fr)}
nav a{padding:.15rem 0;color:inherit;text-decoration:none}
nav a span{font:600 .68rem/2.1 ui-monospace,Menlo,Consolas,monospace}
nav a:hover{color:var(--act);text-decoration:underline}
nav b{font-weight:400}
nav p{margin:0;font-weight:600}
main{min-width:0;padding:2.25rem 1.5rem 5rem}
h1{font-size:2rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.35rem;margin:3rem 0 .25rem}
h3{font-size:.95rem;margin:1.5rem 0 .4rem}
p{margin:0 0 .9rem;max-width:46rem}
.ja{color:var(--soft);font-size:.95rem}
.soft{color:var(--soft)}
details.call,.shape{background:var(--card);border:1px solid var(--rule);border-radius:.75rem;margin:.6rem 0}
details.call>summary{display:grid;grid-template-columns:5.5rem minmax(0,1fr);gap:.1rem .75rem;padding:.7rem 1rem;
cursor:pointer;list-style:none}
details.call>summary::-webkit-details-marker{display:none}
details.call>summary:hover{background:var(--mark);border-radius:.75rem}
summary .path{font-weight:600;justify-self:start}
summary .what{grid-column:2}
summary .what .ja{display:block}
.verb{font:600 .8rem/1.9 ui-monospace,Menlo,Consolas,monospace;text-align:center;border:1px solid currentColor;
border-radius:.4rem;align-self:start;text-transform:uppercase}
.get{color:var(--get)}.post{color:var(--post)}.options{color:var(--options)}
.body{padding:0 1rem 1rem;border-top:1px solid var(--rule)}
.body>*:first-child{margin-top:1rem}
code,pre{font:.86rem/1.55 ui-monospace,Menlo,Consolas,monospace}
code{background:var(--code);border-radius:.3rem;padding:.05rem .3rem;overflow-wrap:anywhere}
pre{background:var(--code);border-radius:.5rem;padding:.8rem 1rem;margin:.3rem 0 .8rem;overflow-x:auto}
pre code{background:none;padding:0;overflow-wrap:normal}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;border-top:1px solid var(--rule)}
tr:first-child>*{border-top:0}
th{font-weight:500;white-space:nowrap}
td:last-child{padding-right:0}
.need{color:var(--bad);font-size:.8rem}
td p{margin:0 0 .3rem}
.status{font-variant-numeric:tabular-nums;font-weight:600}
details.more>summary{cursor:pointer;color:var(--act);font-size:.9rem;padding:.15rem 0}
.shape{padding:.9rem 1rem}
.shape h3{margin-top:0;font-size:1rem}
a{color:var(--act);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--act);outline-offset:2px;border-radius:.3rem}
@media(max-width:55rem){.frame{display:block}nav{position:static;max-height:none;padding:1.25rem 1.25rem 0}
nav ol{columns:2}main{padding:1.25rem}}
@media print{nav{display:none}.frame{display:block}details>*{display:block}pre{white-space:pre-wrap}}
"""
