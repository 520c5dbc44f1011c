using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Primitives.Tests;

/// <summary>
/// Prints what an assembly shows to its users, one declaration a line in a stable order, so that every change of the
/// surface is a visible change of a text file.
/// </summary>
public static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    // Attributes that change what compiles, or what the compiler tells, at the user's.
    private static readonly string[] TellingAttributes =
    [
        "DoesNotReturnAttribute", "ExperimentalAttribute", "FlagsAttribute", "MaybeNullAttribute", "MaybeNullWhenAttribute",
        "MemberNotNullAttribute", "NotNullAttribute", "NotNullWhenAttribute", "ObsoleteAttribute",
        "RequiresDynamicCodeAttribute", "RequiresUnreferencedCodeAttribute", "ScopedRefAttribute", "UnscopedRefAttribute",
    ];

    private static readonly NullabilityInfoContext Nullability = new();

    public static IEnumerable<Type> Types(Assembly assembly) =>
        assembly.GetTypes()
            .Where(IsVisible)
            .OrderBy(type => type.FullName, StringComparer.Ordinal);

    /// <summary>The members a user can reach that the compiler did not write: no accessors, no record plumbing.</summary>
    public static IEnumerable<MemberInfo> Members(Type type) =>
        IsDelegate(type) || type.IsEnum
            ? type.IsEnum ? type.GetFields(BindingFlags.Public | BindingFlags.Static) : []
            : type.GetMembers(Declared)
                .Where(member => member is not Type && IsVisible(member) && !IsAccessor(member) && !IsGenerated(member))
                .OrderBy(member => member.Name, StringComparer.Ordinal)
                .ThenBy(Describe, StringComparer.Ordinal);

    public static string Print(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in Types(assembly))
        {
            text.Append(Attributes(type)).Append(DescribeType(type)).Append('\n');
            foreach (MemberInfo member in Members(type))
            {
                text.Append("    ").Append(Attributes(member)).Append(Describe(member)).Append('\n');
            }
        }

        return text.ToString();
    }

    public static bool IsDelegate(Type type) => type.IsSubclassOf(typeof(Delegate));

    private static bool IsVisible(Type type) =>
        type.IsPublic || (type.IsNestedPublic && IsVisible(type.DeclaringType!));

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo @event => IsVisible(@event.AddMethod!),
        _ => false,
    };

    private static bool IsAccessor(MemberInfo member) =>
        member is MethodInfo { IsSpecialName: true } method && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool IsGenerated(MemberInfo member) =>
        member.Name.Contains('<', StringComparison.Ordinal)
        || (member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) && member is not PropertyInfo { CanWrite: true } and not FieldInfo)
        || member is MethodInfo { Name: "Deconstruct" or "PrintMembers" } method && method.DeclaringType!.GetMethod("<Clone>$") is not null;

    private static string DescribeType(Type type)
    {
        if (IsDelegate(type))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return $"delegate {Result(invoke)} {Name(type)}({Parameters(invoke)}){Constraints(type.GetGenericArguments())}";
        }

        string kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => (IsReadOnly(type) ? "readonly " : "") + (type.IsByRefLike ? "ref struct" : "struct"),
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        IEnumerable<string> bases = type.GetInterfaces()
            .Where(contract => !(type.BaseType?.GetInterfaces().Contains(contract) ?? false))
            .Select(contract => Name(contract))
            .Order(StringComparer.Ordinal);
        if (type.IsEnum)
        {
            bases = [Name(Enum.GetUnderlyingType(type))];
        }
        else if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
        {
            bases = bases.Prepend(Name(parent));
        }

        string list = string.Join(", ", bases);
        return $"{kind} {Name(type)}{(list.Length > 0 ? " : " + list : "")}{Constraints(type.GetGenericArguments())}";
    }

    private static string Describe(MemberInfo member) => member switch
    {
        FieldInfo { DeclaringType.IsEnum: true } field =>
            $"{field.Name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}",
        FieldInfo field => $"{Required(field)}{Modifiers(field)}{Name(Nullability.Create(field), field.FieldType)} {field.Name}"
            + (field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : ""),
        PropertyInfo property => $"{Required(property)}{Modifiers(property.GetAccessors(nonPublic: true)[0])}{ByReference(property.PropertyType, property.GetRequiredCustomModifiers())}{Name(Nullability.Create(property), property.PropertyType)} "
            + (property.GetIndexParameters() is { Length: > 0 } ? $"this[{Parameters(property.GetAccessors(nonPublic: true)[0])}]" : property.Name)
            + $" {{ {Accessors(property)} }}",
        EventInfo @event => $"{Modifiers(@event.AddMethod!)}event {Name(Nullability.Create(@event), @event.EventHandlerType!)} {@event.Name}",
        ConstructorInfo constructor => $"{Access(constructor)}{Plain(constructor.DeclaringType!)}({Parameters(constructor)})",
        MethodInfo method => $"{Modifiers(method)}{Result(method)} {method.Name}"
            + (method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "")
            + $"({(method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "")}{Parameters(method)}){Constraints(method.IsGenericMethod ? method.GetGenericArguments() : [])}",
        _ => throw new ArgumentOutOfRangeException(nameof(member), member.MemberType, "No way to print this member."),
    };

    private static string Attributes(ICustomAttributeProvider target)
    {
        IEnumerable<CustomAttributeData> data = target switch
        {
            MemberInfo member => member.GetCustomAttributesData(),
            ParameterInfo parameter => parameter.GetCustomAttributesData(),
            _ => [],
        };
        return string.Concat(data
            .Where(attribute => TellingAttributes.Contains(attribute.AttributeType.Name))
            .Select(attribute => $"[{attribute.AttributeType.Name[..^"Attribute".Length]}{Arguments(attribute)}] ")
            .Order(StringComparer.Ordinal));
    }

    private static string Arguments(CustomAttributeData attribute) =>
        attribute.ConstructorArguments.Count == 0
            ? ""
            : $"({string.Join(", ", attribute.ConstructorArguments.Select(argument => Literal(argument.Value)))})";

    private static string Required(MemberInfo member) => member.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";

    private static string Result(MethodInfo method) =>
        ByReference(method.ReturnType, method.ReturnParameter.GetRequiredCustomModifiers())
        + Name(Nullability.Create(method.ReturnParameter), method.ReturnType);

    private static string ByReference(Type type, Type[] modifiers) =>
        !type.IsByRef ? "" : modifiers.Contains(typeof(System.Runtime.InteropServices.InAttribute)) ? "ref readonly " : "ref ";

    private static string Accessors(PropertyInfo property) =>
        string.Join(' ', new[] { property.GetMethod, property.SetMethod }
            .Where(accessor => accessor is not null && IsVisible(accessor))
            .Select(accessor => accessor == property.GetMethod ? "get;" : IsInit(accessor!) ? "init;" : Access(accessor!) + "set;"));

    private static bool IsInit(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string Parameters(MethodBase method)
    {
        ParameterInfo[] parameters = method.GetParameters();
        if (method.IsSpecialName && method.Name.StartsWith("set_", StringComparison.Ordinal))
        {
            parameters = parameters[..^1];
        }

        return string.Join(", ", parameters.Select(Describe));
    }

    private static string Describe(ParameterInfo parameter)
    {
        string mode = parameter switch
        {
            { IsOut: true } => "out ",
            { ParameterType.IsByRef: true } when parameter.IsDefined(typeof(RequiresLocationAttribute)) => "ref readonly ",
            { ParameterType.IsByRef: true } when parameter.IsDefined(typeof(IsReadOnlyAttribute)) => "in ",
            { ParameterType.IsByRef: true } => "ref ",
            _ when parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) => "params ",
            _ => "",
        };
        string value = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue, parameter.ParameterType)}" : "";
        return $"{Attributes(parameter)}{mode}{Name(Nullability.Create(parameter), parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static string Literal(object? value, Type? type = null) => value switch
    {
        null when type is { IsValueType: true } && Nullable.GetUnderlyingType(type) is null => "default",
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ when type is { IsEnum: true } => $"{type.Name}.{Enum.ToObject(type, value)}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Modifiers(FieldInfo field) =>
        (field.IsFamilyOrAssembly ? "protected internal " : field.IsFamily ? "protected " : "")
        + (field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : ""));

    private static string Modifiers(MethodBase method) =>
        Access(method)
        + (method.IsStatic ? "static " : "")
        + (method.IsAbstract ? "abstract "
            : !method.IsVirtual || method.IsFinal ? ""
            : ((MethodInfo)method).GetBaseDefinition() != method ? "override "
            : "virtual ");

    private static string Access(MethodBase method) =>
        method.IsPublic ? "" : method.IsFamilyOrAssembly ? "protected internal " : "protected ";

    private static string Constraints(Type[] arguments)
    {
        var text = new StringBuilder();
        foreach (Type argument in arguments.Where(argument => argument.IsGenericParameter))
        {
            GenericParameterAttributes flags = argument.GenericParameterAttributes;
            List<string> rules = [];
            if (flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
            {
                rules.Add(argument.GetCustomAttributesData().Any(data => data.AttributeType.Name == "IsUnmanagedAttribute") ? "unmanaged" : "struct");
            }
            else if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            {
                rules.Add("class");
            }
            else if (argument.GetCustomAttributesData().Any(data => data.AttributeType.Name == "NullableAttribute"
                && data.ConstructorArguments is [{ Value: (byte)1 }]))
            {
                rules.Add("notnull");
            }

            rules.AddRange(argument.GetGenericParameterConstraints().Where(rule => rule != typeof(ValueType)).Select(rule => Name(rule)));
            if (flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
            {
                rules.Add("new()");
            }

            if (flags.HasFlag(GenericParameterAttributes.AllowByRefLike))
            {
                rules.Add("allows ref struct");
            }

            if (rules.Count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $" where {argument.Name} : {string.Join(", ", rules)}");
            }
        }

        return text.ToString();
    }

    private static string Name(NullabilityInfo nullability, Type type)
    {
        if (type.IsByRef)
        {
            type = type.GetElementType()!;
        }

        string name = nullability is { ElementType: { } element } && type.IsArray ? Name(element, type.GetElementType()!) + "[]"
            : type.IsGenericType && Nullable.GetUnderlyingType(type) is null && nullability.GenericTypeArguments.Length == type.GetGenericArguments().Length
                ? $"{Plain(type)}<{string.Join(", ", type.GetGenericArguments().Zip(nullability.GenericTypeArguments, (argument, info) => Name(info, argument)))}>"
                : Name(type);
        bool nullable = nullability.ReadState == NullabilityState.Nullable || nullability.WriteState == NullabilityState.Nullable;
        return nullable && !type.IsValueType && !name.EndsWith('?') ? name + "?" : name;
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Name(value) + "?";
        }

        return type.IsGenericType
            ? $"{Plain(type)}<{string.Join(", ", type.GetGenericArguments().Select(argument => (type.IsGenericTypeDefinition ? Variance(argument) : "") + Name(argument)))}>"
            : Plain(type);
    }

    private static string Variance(Type argument) => (argument.GenericParameterAttributes & GenericParameterAttributes.VarianceMask) switch
    {
        GenericParameterAttributes.Covariant => "out ",
        GenericParameterAttributes.Contravariant => "in ",
        _ => "",
    };

    private static string Plain(Type type)
    {
        string name = Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => "bool",
            TypeCode.Byte => "byte",
            TypeCode.SByte => "sbyte",
            TypeCode.Char => "char",
            TypeCode.Int16 => "short",
            TypeCode.UInt16 => "ushort",
            TypeCode.Int32 => "int",
            TypeCode.UInt32 => "uint",
            TypeCode.Int64 => "long",
            TypeCode.UInt64 => "ulong",
            TypeCode.Single => "float",
            TypeCode.Double => "double",
            TypeCode.Decimal => "decimal",
            TypeCode.String => "string",
            _ => type == typeof(void) ? "void" : type == typeof(object) ? "object" : type.Name,
        };
        if (type.IsEnum || type.IsGenericParameter)
        {
            name = type.Name;
        }

        int arity = name.IndexOf('`', StringComparison.Ordinal);
        name = arity < 0 ? name : name[..arity];
        return type.IsNested && !type.IsGenericParameter ? $"{Plain(type.DeclaringType!)}.{name}" : name;
    }

    private static bool IsReadOnly(Type type) => type.IsDefined(typeof(IsReadOnlyAttribute));
}
