package report

import "io"

// Options say how a format is written. The zero value is English, without
// colour, 100 columns wide.
type Options struct {
	Lang  string // "zh", or anything else for English
	Color bool   // ANSI colour, in text only
	Width int    // columns of text; 0 means 100, less than 72 counts as 72
}

// A Format is one way to show a Report.
type Format struct {
	Name  string // as in -report NAME=PATH
	File  string // where it goes when no path is given
	Write func(w io.Writer, r *Report, o Options) error
	Shown Text // what shows a file of this format to people
}

// Formats is the table of all formats, in the order of the documentation.
var Formats = []Format{
	{"text", "goproxy-report.txt", WriteText, Text{
		EN: "a terminal or the log of a job",
		ZH: "终端或作业日志"}},
	{"json", "goproxy-report.json", WriteJSON, Text{
		EN: "programs; goproxy-setup explain renders it again",
		ZH: "供程序读取；goproxy-setup explain 可重新渲染"}},
	{"markdown", "goproxy-report.md", WriteMarkdown, Text{
		EN: "the job summary of GitHub and Gitea, Azure Pipelines' Extensions tab, Buildkite annotations",
		ZH: "GitHub 与 Gitea 的作业摘要、Azure Pipelines 的 Extensions 页、Buildkite 注解"}},
	{"annotations", "goproxy-annotations.json", WriteAnnotations, Text{
		EN: "programs that post annotations; goproxy-setup itself writes them to the log where the CI system shows them",
		ZH: "供发布注解的程序使用；CI 系统支持时，goproxy-setup 会自行写入日志"}},
	{"junit", "goproxy-junit.xml", WriteJUnit, Text{
		EN: "the test pages of Jenkins, GitLab, Azure Pipelines, CircleCI, TeamCity and Bitbucket",
		ZH: "Jenkins、GitLab、Azure Pipelines、CircleCI、TeamCity、Bitbucket 的测试页"}},
	{"codequality", "gl-code-quality-report.json", WriteCodeQuality, Text{
		EN: "GitLab's merge request widget",
		ZH: "GitLab 合并请求的代码质量面板"}},
	{"sarif", "goproxy.sarif", WriteSARIF, Text{
		EN: "GitHub code scanning, Azure Pipelines, the Warnings plugin of Jenkins, editors",
		ZH: "GitHub 代码扫描、Azure Pipelines、Jenkins Warnings 插件、编辑器"}},
	{"openmetrics", "goproxy-metrics.txt", WriteOpenMetrics, Text{
		EN: "Prometheus' textfile collector and push gateway, GitLab's metrics report",
		ZH: "Prometheus textfile 采集器与 Pushgateway、GitLab 指标报告"}},
	{"html", "goproxy-report.html", WriteHTML, Text{
		EN: "a browser; as an artifact of the job, or by Jenkins' HTML Publisher",
		ZH: "浏览器；可作为作业产物，或由 Jenkins HTML Publisher 展示"}},
}

// FormatNamed returns the row of Formats with that name.
func FormatNamed(name string) (Format, bool) {
	for _, f := range Formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
