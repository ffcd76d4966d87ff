package report

import (
	"fmt"
	"strings"
)

// A voice says the entries of the catalogue in one language.
type voice string

func newVoice(lang string) voice {
	if lang == "zh" {
		return "zh"
	}
	return "en"
}

// say returns the entry under key, filled in as by fmt.Sprintf.
func (v voice) say(key string, args ...any) string {
	t, ok := catalogue[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return t.In(string(v))
	}
	return fmt.Sprintf(t.In(string(v)), args...)
}

// count returns the entry under key for n things. English entries have the
// singular before a bar.
func (v voice) count(key string, n int) string {
	one, many, plural := strings.Cut(v.say(key), "|")
	if plural && n != 1 {
		one = many
	}
	return fmt.Sprintf(one, n)
}

// comma joins the parts of an enumeration that are not empty.
func (v voice) comma(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, v.say("comma"))
}

// catalogue holds every sentence and label of the formats. What the go command,
// git or a server said is shown as it was said and is not in here.
var catalogue = map[string]Text{
	"comma":     {", ", "、"},
	"semicolon": {"; ", "；"},
	"colon":     {": ", "："},
	"full stop": {".", "。"},

	"outcome ok":       {"ok", "正常"},
	"outcome degraded": {"degraded", "降级"},
	"outcome failed":   {"failed", "失败"},

	"runner hosted":      {"hosted", "托管运行器"},
	"runner self-hosted": {"self-hosted", "自托管运行器"},
	"runner container":   {"in a container", "容器内"},
	"runner go":          {"%s on %s", "%s %s"},

	"label network":    {"network", "网络代理"},
	"label candidates": {"proxies", "模块代理"},
	"label selected":   {"selected", "选用"},
	"label exports":    {"exports", "导出"},
	"label download":   {"download", "下载"},
	"label note":       {"note", "提示"},
	"label failure":    {"failure", "失败"},
	"label module":     {"module", "模块"},
	"label evidence":   {"evidence", "证据"},
	"label attempts":   {"attempts", "请求"},
	"label advice":     {"advice", "建议"},
	"label fix":        {"fix", "修复"},
	"label more":       {"also", "其他"},

	"probe total":       {"%s total", "共 %s"},
	"probe sumdb":       {"sumdb %s", "sumdb %s"},
	"yes":               {"yes", "有"},
	"no":                {"no", "无"},
	"unknown":           {"unknown", "未知"},
	"probe zips":        {"zips from %s", "zip 来自 %s"},
	"probe not found":   {"wrong answer for missing versions", "对不存在的版本应答有误"},
	"probe unreachable": {"not reachable", "无法访问"},

	"modules":    {"%d module|%d modules", "%d 个模块"},
	"files":      {"%d file|%d files", "%d 个文件"},
	"requests":   {"%d request|%d requests", "%d 次请求"},
	"retries":    {"%d retry|%d retries", "重试 %d 次"},
	"failovers":  {"%d fail-over|%d fail-overs", "切换上游 %d 次"},
	"resumes":    {"%d resume|%d resumes", "续传 %d 次"},
	"hedges":     {"%d hedged request|%d hedged requests", "对冲请求 %d 次"},
	"integrity":  {"%d answer that did not match go.sum|%d answers that did not match go.sum", "%d 个应答与 go.sum 不符"},
	"saved":      {"%d request saved from failing|%d requests saved from failing", "避免失败 %d 次"},
	"no retries": {"no retries", "无重试"},
	"times":      {"%d time|%d times", "%d 次"},
	"more":       {"%d more|%d more", "另有 %d 项"},
	"in time":    {"%s in %s", "%s，用时 %s"},

	"failure n":       {"%d of %d", "%d/%d"},
	"failure at":      {"%s at %s", "%s（%s）"},
	"failure and":     {"%s and %s", "%s，%s"},
	"attempts in":     {"%s in %s", "%s，共 %s"},
	"done":            {"done", "完成"},
	"done in":         {"done in %s", "完成，用时 %s"},
	"ended in":        {"after %s: %s", "用时 %s：%s"},
	"failure unnamed": {"the run failed without a recorded failure", "运行失败，但没有失败记录"},
	"degraded plain":  {"everything was done, but not on the first way", "已全部完成，但走了备用路径"},

	"summary failed":   {"Failed", "失败"},
	"summary degraded": {"Degraded", "降级"},
	"summary selected": {"%s was chosen from %s", "从 %[2]s中选用 %[1]s"},
	"candidates":       {"%d module proxy|%d module proxies", "%d 个模块代理"},
	"summary download": {"%s (%s) in %s", "下载 %s（%s），用时 %s"},
	"summary saved":    {"%d request was saved from failing|%d requests were saved from failing", "避免了 %d 次失败"},
	"summary nothing":  {"nothing had to be done", "无需处理"},

	"annotations more":  {"%d more class of failure is in the report.|%d more classes of failure are in the report.", "报告中另有 %d 类失败。"},
	"annotation advice": {"What to do: %s", "建议：%s"},

	"heading advice":     {"What to do", "建议"},
	"heading class":      {"Class", "类别"},
	"heading module":     {"Module", "模块"},
	"heading evidence":   {"Evidence", "证据"},
	"heading host":       {"Host", "主机"},
	"heading count":      {"Count", "次数"},
	"heading candidate":  {"Module proxy", "模块代理"},
	"heading candidates": {"Module proxies", "模块代理"},
	"heading first byte": {"First byte", "首字节"},
	"heading total":      {"Total", "总计"},
	"heading rate":       {"Rate", "速率"},
	"heading sumdb":      {"Checksum database", "校验和数据库"},
	"heading result":     {"Result", "结果"},
	"heading selected":   {"Selected", "选用"},
	"heading variable":   {"Variable", "变量"},
	"heading value":      {"Value", "值"},
	"heading to":         {"To", "写入"},
	"heading setting":    {"Setting", "设置"},
	"heading source":     {"Source", "来源"},
	"heading download":   {"Download", "下载"},
	"heading file":       {"File", "文件"},
	"heading upstream":   {"Upstream", "上游"},
	"heading start":      {"Start", "开始"},
	"heading time":       {"Time", "用时"},
	"heading bytes":      {"Bytes", "字节"},
	"probe selected":     {"selected", "选用"},
	"exports":            {"%d exported variable|%d exported variables", "导出的变量（%d）"},
	"settings":           {"%d setting and its source|%d settings and their sources", "设置及其来源（%d）"},
	"failures more":      {"%d more failure|%d more failures", "另有 %d 个失败"},
	"attempts worst":     {"%d request to upstreams: failed and slowest|%d requests to upstreams: failed and slowest", "对上游的 %d 次请求：失败的与最慢的"},
	"markdown left out":  {"%d section left out to keep this summary short; the JSON report has it.|%d sections left out to keep this summary short; the JSON report has them.", "为保持摘要简短，省略了 %d 部分；完整内容见 JSON 报告。"},

	"page failures":  {"What went wrong", "失败"},
	"page selection": {"What later steps use", "后续步骤使用的设置"},
	"page notes":     {"Worth knowing", "提示"},
	"page settings":  {"Settings and where they came from", "设置及其来源"},
	"page modules":   {"Main modules", "主模块"},
	"phase connect":  {"connect", "建立连接"},
	"phase first":    {"first byte", "首字节"},
	"phase sample":   {"sample", "下载样本"},
	"bar other":      {"other", "其他"},
	"bar ahead":      {"fetched before go asked", "预取"},
	"bar hedge":      {"hedged", "对冲"},
	"bar resume":     {"resumed", "续传"},
	"bar bad":        {"failed", "失败"},

	"load":           {"%d modules over time: what came in, at most %s, and below in red requests that failed.", "%d 个模块的接收速率随时间变化，峰值 %s；下方红色为失败的请求。"},
	"pill hedges":    {"%d hedge|%d hedges", "对冲 %d 次"},
	"waterfall some": {"The %d modules with trouble or the longest time:", "遇到问题或用时最长的 %d 个模块："},
	"waterfall rest": {"%d more module|%d more modules", "其余 %d 个模块"},

	"figure modules":   {"modules", "模块"},
	"figure files":     {"files", "文件"},
	"figure bytes":     {"received", "接收"},
	"figure time":      {"time", "用时"},
	"figure rate":      {"rate", "速率"},
	"figure requests":  {"requests", "请求"},
	"figure retries":   {"retries", "重试"},
	"figure failovers": {"fail-overs", "切换上游"},
	"figure resumes":   {"resumes", "续传"},
	"figure hedges":    {"hedged", "对冲"},
	"figure unused":    {"fetched, not used", "预取未用"},
	"figure integrity": {"wrong bytes", "内容不符"},
	"figure saved":     {"saved from failing", "避免失败"},
}
