namespace Autocomplete.Tests;

/// <summary>A test that needs a browser: skipped, with the reason, where there is none, but not in CI, where it then fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute()
    {
        if (Browser.WhatIsMissing.Length > 0 && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = Browser.WhatIsMissing;
        }
    }
}
